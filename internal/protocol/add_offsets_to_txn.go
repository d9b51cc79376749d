package protocol

// AddOffsetsToTxnRequest is the Kafka message AddOffsetsToTxnRequest.
type AddOffsetsToTxnRequest struct {
	_               struct{} `kafka:"key=25,versions=0-4,flexible=3+,request"`
	TransactionalID string   `kafka:"0+"`
	ProducerID      int64    `kafka:"0+"`
	ProducerEpoch   int16    `kafka:"0+"`
	GroupID         string   `kafka:"0+"`
}

// AddOffsetsToTxnResponse is the Kafka message AddOffsetsToTxnResponse.
type AddOffsetsToTxnResponse struct {
	_              struct{} `kafka:"key=25,versions=0-4,flexible=3+,response"`
	ThrottleTimeMs int32    `kafka:"0+"`
	ErrorCode      int16    `kafka:"0+"`
}
