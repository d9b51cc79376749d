package metadatarecord

// FenceBrokerRecord is the Kafka message FenceBrokerRecord.
type FenceBrokerRecord struct {
	_     struct{} `kafka:"key=7,versions=0,flexible=0+,data"`
	ID    int32    `kafka:"0+"`
	Epoch int64    `kafka:"0+"`
}
