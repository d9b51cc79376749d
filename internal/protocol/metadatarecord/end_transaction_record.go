package metadatarecord

// EndTransactionRecord is the Kafka message EndTransactionRecord.
type EndTransactionRecord struct {
	_ struct{} `kafka:"key=24,versions=0,flexible=0+,data"`
}
