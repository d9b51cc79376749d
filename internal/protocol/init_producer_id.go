package protocol

// InitProducerIDRequest is the Kafka message InitProducerIdRequest.
type InitProducerIDRequest struct {
	_                    struct{} `kafka:"key=22,versions=0-6,flexible=2+,request,stable=0-5,name=InitProducerIdRequest"`
	TransactionalID      *string  `kafka:"0+,nullable=0+,default=\"\""`
	TransactionTimeoutMs int32    `kafka:"0+"`
	ProducerID           int64    `kafka:"3+,default=-1"`
	ProducerEpoch        int16    `kafka:"3+,default=-1"`
	Enable2Pc            bool     `kafka:"6+"`
	KeepPreparedTxn      bool     `kafka:"6+"`
}

// InitProducerIDResponse is the Kafka message InitProducerIdResponse.
type InitProducerIDResponse struct {
	_                       struct{} `kafka:"key=22,versions=0-6,flexible=2+,response,stable=0-5,name=InitProducerIdResponse"`
	ThrottleTimeMs          int32    `kafka:"0+"`
	ErrorCode               int16    `kafka:"0+"`
	ProducerID              int64    `kafka:"0+,default=-1"`
	ProducerEpoch           int16    `kafka:"0+"`
	OngoingTxnProducerID    int64    `kafka:"6+,default=-1"`
	OngoingTxnProducerEpoch int16    `kafka:"6+,default=-1"`
}
