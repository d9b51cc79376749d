package metadatarecord

// BeginTransactionRecord is the Kafka message BeginTransactionRecord.
type BeginTransactionRecord struct {
	_    struct{} `kafka:"key=23,versions=0,flexible=0+,data"`
	Name *string  `kafka:"0+,nullable=0+,tag=0,default=null"`
}
