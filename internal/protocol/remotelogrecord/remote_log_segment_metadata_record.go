package remotelogrecord

import "github.com/gregorhq/gregor/internal/protocol/wire"

// RemoteLogSegmentMetadataRecord is the Kafka message RemoteLogSegmentMetadataRecord.
type RemoteLogSegmentMetadataRecord struct {
	_                     struct{}                                                `kafka:"key=0,versions=0,flexible=0+,data"`
	RemoteLogSegmentID    RemoteLogSegmentMetadataRecordRemoteLogSegmentIDEntry   `kafka:"0+"`
	StartOffset           int64                                                   `kafka:"0+"`
	EndOffset             int64                                                   `kafka:"0+"`
	BrokerID              int32                                                   `kafka:"0+"`
	MaxTimestampMs        int64                                                   `kafka:"0+"`
	EventTimestampMs      int64                                                   `kafka:"0+"`
	SegmentLeaderEpochs   []RemoteLogSegmentMetadataRecordSegmentLeaderEpochEntry `kafka:"0+"`
	SegmentSizeInBytes    int32                                                   `kafka:"0+"`
	CustomMetadata        []byte                                                  `kafka:"0+,nullable=0+,default=null"`
	RemoteLogSegmentState int8                                                    `kafka:"0+"`
	TxnIndexEmpty         bool                                                    `kafka:"0+,tag=0"`
}

// RemoteLogSegmentMetadataRecordRemoteLogSegmentIDEntry is part of RemoteLogSegmentMetadataRecord.
type RemoteLogSegmentMetadataRecordRemoteLogSegmentIDEntry struct {
	TopicIDPartition RemoteLogSegmentMetadataRecordTopicIDPartitionEntry `kafka:"0+"`
	ID               wire.UUID                                           `kafka:"0+"`
}

// RemoteLogSegmentMetadataRecordTopicIDPartitionEntry is part of RemoteLogSegmentMetadataRecord.
type RemoteLogSegmentMetadataRecordTopicIDPartitionEntry struct {
	Name      string    `kafka:"0+"`
	ID        wire.UUID `kafka:"0+"`
	Partition int32     `kafka:"0+"`
}

// RemoteLogSegmentMetadataRecordSegmentLeaderEpochEntry is part of RemoteLogSegmentMetadataRecord.
type RemoteLogSegmentMetadataRecordSegmentLeaderEpochEntry struct {
	LeaderEpoch int32 `kafka:"0+"`
	Offset      int64 `kafka:"0+"`
}
