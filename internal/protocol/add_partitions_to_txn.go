package protocol

// AddPartitionsToTxnRequest is the Kafka message AddPartitionsToTxnRequest.
type AddPartitionsToTxnRequest struct {
	_                         struct{}                               `kafka:"key=24,versions=0-5,flexible=3+,request"`
	V3AndBelowTransactionalID string                                 `kafka:"0-3"`
	V3AndBelowProducerID      int64                                  `kafka:"0-3"`
	V3AndBelowProducerEpoch   int16                                  `kafka:"0-3"`
	V3AndBelowTopics          []AddPartitionsToTxnRequestTopic       `kafka:"0-3"`
	Transactions              []AddPartitionsToTxnRequestTransaction `kafka:"4+"`
}

// AddPartitionsToTxnRequestTopic is part of AddPartitionsToTxnRequest.
type AddPartitionsToTxnRequestTopic struct {
	Name       string  `kafka:"0+"`
	Partitions []int32 `kafka:"0+"`
}

// AddPartitionsToTxnRequestTransaction is part of AddPartitionsToTxnRequest.
type AddPartitionsToTxnRequestTransaction struct {
	TransactionalID string                           `kafka:"4+"`
	ProducerID      int64                            `kafka:"4+"`
	ProducerEpoch   int16                            `kafka:"4+"`
	VerifyOnly      bool                             `kafka:"4+"`
	Topics          []AddPartitionsToTxnRequestTopic `kafka:"4+"`
}

// AddPartitionsToTxnResponse is the Kafka message AddPartitionsToTxnResponse.
type AddPartitionsToTxnResponse struct {
	_                        struct{}                                `kafka:"key=24,versions=0-5,flexible=3+,response"`
	ThrottleTimeMs           int32                                   `kafka:"0+"`
	ResultsByTopicV3AndBelow []AddPartitionsToTxnResponseTopicResult `kafka:"0-3"`
	ErrorCode                int16                                   `kafka:"4+"`
	ResultsByTransaction     []AddPartitionsToTxnResponseResult      `kafka:"4+"`
}

// AddPartitionsToTxnResponseTopicResult is part of AddPartitionsToTxnResponse.
type AddPartitionsToTxnResponseTopicResult struct {
	Name               string                                      `kafka:"0+"`
	ResultsByPartition []AddPartitionsToTxnResponsePartitionResult `kafka:"0+"`
}

// AddPartitionsToTxnResponsePartitionResult is part of AddPartitionsToTxnResponse.
type AddPartitionsToTxnResponsePartitionResult struct {
	PartitionIndex     int32 `kafka:"0+"`
	PartitionErrorCode int16 `kafka:"0+"`
}

// AddPartitionsToTxnResponseResult is part of AddPartitionsToTxnResponse.
type AddPartitionsToTxnResponseResult struct {
	TransactionalID string                                  `kafka:"4+"`
	TopicResults    []AddPartitionsToTxnResponseTopicResult `kafka:"4+"`
}
