package controlrecord

// ControlRecordTypeSchema is the Kafka message ControlRecordTypeSchema.
type ControlRecordTypeSchema struct {
	_    struct{} `kafka:"versions=0,flexible=none,data"`
	Type int16    `kafka:"0+"`
}
