package protocol

// ListTransactionsRequest is the Kafka message ListTransactionsRequest.
type ListTransactionsRequest struct {
	_                      struct{} `kafka:"key=66,versions=0-2,flexible=0+,request"`
	StateFilters           []string `kafka:"0+"`
	ProducerIDFilters      []int64  `kafka:"0+"`
	DurationFilter         int64    `kafka:"1+,default=-1"`
	TransactionalIDPattern *string  `kafka:"2+,nullable=2+,default=null"`
}

// ListTransactionsResponse is the Kafka message ListTransactionsResponse.
type ListTransactionsResponse struct {
	_                   struct{}                                   `kafka:"key=66,versions=0-2,flexible=0+,response"`
	ThrottleTimeMs      int32                                      `kafka:"0+"`
	ErrorCode           int16                                      `kafka:"0+"`
	UnknownStateFilters []string                                   `kafka:"0+"`
	TransactionStates   []ListTransactionsResponseTransactionState `kafka:"0+"`
}

// ListTransactionsResponseTransactionState is part of ListTransactionsResponse.
type ListTransactionsResponseTransactionState struct {
	TransactionalID  string `kafka:"0+"`
	ProducerID       int64  `kafka:"0+"`
	TransactionState string `kafka:"0+"`
}
