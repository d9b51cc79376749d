package metadatarecord

// ConfigRecord is the Kafka message ConfigRecord.
type ConfigRecord struct {
	_            struct{} `kafka:"key=4,versions=0,flexible=0+,data"`
	ResourceType int8     `kafka:"0+"`
	ResourceName string   `kafka:"0+"`
	Name         string   `kafka:"0+"`
	Value        *string  `kafka:"0+,nullable=0+,default=\"\""`
}
