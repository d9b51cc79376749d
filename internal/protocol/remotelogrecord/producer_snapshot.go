package remotelogrecord

// ProducerSnapshot is the Kafka message ProducerSnapshot.
type ProducerSnapshot struct {
	_               struct{}                        `kafka:"versions=1,flexible=none,data"`
	Crc             uint32                          `kafka:"1+"`
	ProducerEntries []ProducerSnapshotProducerEntry `kafka:"1+"`
}

// ProducerSnapshotProducerEntry is part of ProducerSnapshot.
type ProducerSnapshotProducerEntry struct {
	ProducerID            int64 `kafka:"1+"`
	Epoch                 int16 `kafka:"1+"`
	LastSequence          int32 `kafka:"1+"`
	LastOffset            int64 `kafka:"1+"`
	OffsetDelta           int32 `kafka:"1+"`
	Timestamp             int64 `kafka:"1+"`
	CoordinatorEpoch      int32 `kafka:"1+"`
	CurrentTxnFirstOffset int64 `kafka:"1+"`
}
