package metadatarecord

// UnregisterControllerRecord is the Kafka message UnregisterControllerRecord.
type UnregisterControllerRecord struct {
	_            struct{} `kafka:"key=29,versions=0,flexible=0+,data"`
	ControllerID int32    `kafka:"0+"`
}
