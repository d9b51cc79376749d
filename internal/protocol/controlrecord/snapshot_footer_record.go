package controlrecord

// SnapshotFooterRecord is the Kafka message SnapshotFooterRecord.
type SnapshotFooterRecord struct {
	_       struct{} `kafka:"versions=0,flexible=0+,data"`
	Version int16    `kafka:"0+"`
}
