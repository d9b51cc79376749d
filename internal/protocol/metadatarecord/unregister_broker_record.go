package metadatarecord

// UnregisterBrokerRecord is the Kafka message UnregisterBrokerRecord.
type UnregisterBrokerRecord struct {
	_           struct{} `kafka:"key=1,versions=0,flexible=0+,data"`
	BrokerID    int32    `kafka:"0+"`
	BrokerEpoch int64    `kafka:"0+"`
}
