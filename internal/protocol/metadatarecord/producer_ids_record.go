package metadatarecord

// ProducerIDsRecord is the Kafka message ProducerIdsRecord.
type ProducerIDsRecord struct {
	_              struct{} `kafka:"key=15,versions=0,flexible=0+,data,name=ProducerIdsRecord"`
	BrokerID       int32    `kafka:"0+"`
	BrokerEpoch    int64    `kafka:"0+,default=-1"`
	NextProducerID int64    `kafka:"0+"`
}
