package protocol

// DescribeTransactionsRequest is the Kafka message DescribeTransactionsRequest.
type DescribeTransactionsRequest struct {
	_                struct{} `kafka:"key=65,versions=0,flexible=0+,request"`
	TransactionalIDs []string `kafka:"0+"`
}

// DescribeTransactionsResponse is the Kafka message DescribeTransactionsResponse.
type DescribeTransactionsResponse struct {
	_                 struct{}                                       `kafka:"key=65,versions=0,flexible=0+,response"`
	ThrottleTimeMs    int32                                          `kafka:"0+"`
	TransactionStates []DescribeTransactionsResponseTransactionState `kafka:"0+"`
}

// DescribeTransactionsResponseTransactionState is part of DescribeTransactionsResponse.
type DescribeTransactionsResponseTransactionState struct {
	ErrorCode              int16                                   `kafka:"0+"`
	TransactionalID        string                                  `kafka:"0+"`
	TransactionState       string                                  `kafka:"0+"`
	TransactionTimeoutMs   int32                                   `kafka:"0+"`
	TransactionStartTimeMs int64                                   `kafka:"0+"`
	ProducerID             int64                                   `kafka:"0+"`
	ProducerEpoch          int16                                   `kafka:"0+"`
	Topics                 []DescribeTransactionsResponseTopicData `kafka:"0+"`
}

// DescribeTransactionsResponseTopicData is part of DescribeTransactionsResponse.
type DescribeTransactionsResponseTopicData struct {
	Topic      string  `kafka:"0+"`
	Partitions []int32 `kafka:"0+"`
}
