package metadatarecord

// NoOpRecord is the Kafka message NoOpRecord.
type NoOpRecord struct {
	_ struct{} `kafka:"key=20,versions=0,flexible=0+,data"`
}
