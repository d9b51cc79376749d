package controlrecord

// SnapshotHeaderRecord is the Kafka message SnapshotHeaderRecord.
type SnapshotHeaderRecord struct {
	_                         struct{} `kafka:"versions=0,flexible=0+,data"`
	Version                   int16    `kafka:"0+"`
	LastContainedLogTimestamp int64    `kafka:"0+"`
}
