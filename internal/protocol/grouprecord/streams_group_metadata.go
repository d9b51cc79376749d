package grouprecord

// StreamsGroupMetadataKey is the Kafka message StreamsGroupMetadataKey.
type StreamsGroupMetadataKey struct {
	_       struct{} `kafka:"key=17,versions=0,flexible=none,data"`
	GroupID string   `kafka:"0+"`
}

// StreamsGroupMetadataValue is the Kafka message StreamsGroupMetadataValue.
type StreamsGroupMetadataValue struct {
	_                              struct{}                                        `kafka:"key=17,versions=0,flexible=0+,data"`
	Epoch                          int32                                           `kafka:"0+"`
	MetadataHash                   int64                                           `kafka:"0+"`
	ValidatedTopologyEpoch         int32                                           `kafka:"0+,tag=0,default=-1"`
	LastAssignmentConfigs          []StreamsGroupMetadataValueLastAssignmentConfig `kafka:"0+,nullable=0+,tag=1"`
	StoredDescriptionTopologyEpoch int32                                           `kafka:"0+,tag=2,default=-1"`
	FailedDescriptionTopologyEpoch int32                                           `kafka:"0+,tag=3,default=-1"`
}

// StreamsGroupMetadataValueLastAssignmentConfig is part of StreamsGroupMetadataValue.
type StreamsGroupMetadataValueLastAssignmentConfig struct {
	Key   string `kafka:"0+"`
	Value string `kafka:"0+"`
}
