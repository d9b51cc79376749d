package txnrecord

// TransactionLogKey is the Kafka message TransactionLogKey.
type TransactionLogKey struct {
	_               struct{} `kafka:"key=0,versions=0,flexible=none,data"`
	TransactionalID string   `kafka:"0+"`
}

// TransactionLogValue is the Kafka message TransactionLogValue.
type TransactionLogValue struct {
	_                                struct{}                              `kafka:"key=0,versions=0-1,flexible=1+,data"`
	ProducerID                       int64                                 `kafka:"0+"`
	ProducerEpoch                    int16                                 `kafka:"0+"`
	TransactionTimeoutMs             int32                                 `kafka:"0+"`
	TransactionStatus                int8                                  `kafka:"0+"`
	TransactionPartitions            []TransactionLogValuePartitionsSchema `kafka:"0+,nullable=0+"`
	TransactionLastUpdateTimestampMs int64                                 `kafka:"0+"`
	TransactionStartTimestampMs      int64                                 `kafka:"0+"`
	PreviousProducerID               int64                                 `kafka:"1+,tag=0,default=-1"`
	NextProducerID                   int64                                 `kafka:"1+,tag=1,default=-1"`
	ClientTransactionVersion         int16                                 `kafka:"1+,tag=2"`
	NextProducerEpoch                int16                                 `kafka:"1+,tag=3,default=-1"`
}

// TransactionLogValuePartitionsSchema is part of TransactionLogValue.
type TransactionLogValuePartitionsSchema struct {
	Topic        string  `kafka:"0+"`
	PartitionIDs []int32 `kafka:"0+"`
}
