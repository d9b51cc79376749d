package remotelogrecord

import "github.com/gregorhq/gregor/internal/protocol/wire"

// RemoteLogSegmentMetadataSnapshotRecord is the Kafka message
// RemoteLogSegmentMetadataSnapshotRecord.
type RemoteLogSegmentMetadataSnapshotRecord struct {
	_                     struct{}                                                        `kafka:"key=3,versions=0,flexible=0+,data"`
	SegmentID             wire.UUID                                                       `kafka:"0+"`
	StartOffset           int64                                                           `kafka:"0+"`
	EndOffset             int64                                                           `kafka:"0+"`
	BrokerID              int32                                                           `kafka:"0+"`
	MaxTimestampMs        int64                                                           `kafka:"0+"`
	EventTimestampMs      int64                                                           `kafka:"0+"`
	SegmentLeaderEpochs   []RemoteLogSegmentMetadataSnapshotRecordSegmentLeaderEpochEntry `kafka:"0+"`
	SegmentSizeInBytes    int32                                                           `kafka:"0+"`
	CustomMetadata        []byte                                                          `kafka:"0+,nullable=0+,default=null"`
	RemoteLogSegmentState int8                                                            `kafka:"0+"`
	TxnIndexEmpty         bool                                                            `kafka:"0+,tag=0"`
}

// RemoteLogSegmentMetadataSnapshotRecordSegmentLeaderEpochEntry is part of
// RemoteLogSegmentMetadataSnapshotRecord.
type RemoteLogSegmentMetadataSnapshotRecordSegmentLeaderEpochEntry struct {
	LeaderEpoch int32 `kafka:"0+"`
	Offset      int64 `kafka:"0+"`
}
