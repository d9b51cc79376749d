package controlrecord

// KRaftVersionRecord is the Kafka message KRaftVersionRecord.
type KRaftVersionRecord struct {
	_            struct{} `kafka:"versions=0,flexible=0+,data"`
	Version      int16    `kafka:"0+"`
	KraftVersion int16    `kafka:"0+"`
}
