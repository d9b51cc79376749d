package remotelogrecord

import "github.com/gregorhq/gregor/internal/protocol/wire"

// RemoteLogSegmentMetadataUpdateRecord is the Kafka message RemoteLogSegmentMetadataUpdateRecord.
type RemoteLogSegmentMetadataUpdateRecord struct {
	_                     struct{}                                                    `kafka:"key=1,versions=0,flexible=0+,data"`
	RemoteLogSegmentID    RemoteLogSegmentMetadataUpdateRecordRemoteLogSegmentIDEntry `kafka:"0+"`
	BrokerID              int32                                                       `kafka:"0+"`
	EventTimestampMs      int64                                                       `kafka:"0+"`
	CustomMetadata        []byte                                                      `kafka:"0+,nullable=0+,default=null"`
	RemoteLogSegmentState int8                                                        `kafka:"0+"`
}

// RemoteLogSegmentMetadataUpdateRecordRemoteLogSegmentIDEntry is part of
// RemoteLogSegmentMetadataUpdateRecord.
type RemoteLogSegmentMetadataUpdateRecordRemoteLogSegmentIDEntry struct {
	TopicIDPartition RemoteLogSegmentMetadataUpdateRecordTopicIDPartitionEntry `kafka:"0+"`
	ID               wire.UUID                                                 `kafka:"0+"`
}

// RemoteLogSegmentMetadataUpdateRecordTopicIDPartitionEntry is part of
// RemoteLogSegmentMetadataUpdateRecord.
type RemoteLogSegmentMetadataUpdateRecordTopicIDPartitionEntry struct {
	Name      string    `kafka:"0+"`
	ID        wire.UUID `kafka:"0+"`
	Partition int32     `kafka:"0+"`
}
