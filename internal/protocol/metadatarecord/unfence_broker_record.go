package metadatarecord

// UnfenceBrokerRecord is the Kafka message UnfenceBrokerRecord.
type UnfenceBrokerRecord struct {
	_     struct{} `kafka:"key=8,versions=0,flexible=0+,data"`
	ID    int32    `kafka:"0+"`
	Epoch int64    `kafka:"0+"`
}
