package protocol

// EndTxnRequest is the Kafka message EndTxnRequest.
type EndTxnRequest struct {
	_               struct{} `kafka:"key=26,versions=0-5,flexible=3+,request"`
	TransactionalID string   `kafka:"0+"`
	ProducerID      int64    `kafka:"0+"`
	ProducerEpoch   int16    `kafka:"0+"`
	Committed       bool     `kafka:"0+"`
}

// EndTxnResponse is the Kafka message EndTxnResponse.
type EndTxnResponse struct {
	_              struct{} `kafka:"key=26,versions=0-5,flexible=3+,response"`
	ThrottleTimeMs int32    `kafka:"0+"`
	ErrorCode      int16    `kafka:"0+"`
	ProducerID     int64    `kafka:"5+,default=-1"`
	ProducerEpoch  int16    `kafka:"5+,default=-1"`
}
