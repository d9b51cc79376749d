package metadatarecord

// ClearELRRecord is the Kafka message ClearElrRecord.
type ClearELRRecord struct {
	_         struct{} `kafka:"key=28,versions=0,flexible=0+,data,name=ClearElrRecord"`
	TopicName string   `kafka:"0+"`
}
