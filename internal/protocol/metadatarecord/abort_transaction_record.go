package metadatarecord

// AbortTransactionRecord is the Kafka message AbortTransactionRecord.
type AbortTransactionRecord struct {
	_      struct{} `kafka:"key=25,versions=0,flexible=0+,data"`
	Reason *string  `kafka:"0+,nullable=0+,tag=0,default=null"`
}
