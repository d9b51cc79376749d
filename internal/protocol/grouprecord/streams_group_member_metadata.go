package grouprecord

// StreamsGroupMemberMetadataKey is the Kafka message StreamsGroupMemberMetadataKey.
type StreamsGroupMemberMetadataKey struct {
	_        struct{} `kafka:"key=19,versions=0,flexible=none,data"`
	GroupID  string   `kafka:"0+"`
	MemberID string   `kafka:"0+"`
}

// StreamsGroupMemberMetadataValue is the Kafka message StreamsGroupMemberMetadataValue.
type StreamsGroupMemberMetadataValue struct {
	_                  struct{}                                  `kafka:"key=19,versions=0,flexible=0+,data"`
	InstanceID         *string                                   `kafka:"0+,nullable=0+,default=\"\""`
	RackID             *string                                   `kafka:"0+,nullable=0+,default=\"\""`
	ClientID           string                                    `kafka:"0+"`
	ClientHost         string                                    `kafka:"0+"`
	RebalanceTimeoutMs int32                                     `kafka:"0+,default=-1"`
	TopologyEpoch      int32                                     `kafka:"0+"`
	ProcessID          string                                    `kafka:"0+"`
	UserEndpoint       *StreamsGroupMemberMetadataValueEndpoint  `kafka:"0+,nullable=0+,default=null"`
	ClientTags         []StreamsGroupMemberMetadataValueKeyValue `kafka:"0+"`
}

// StreamsGroupMemberMetadataValueEndpoint is part of StreamsGroupMemberMetadataValue.
type StreamsGroupMemberMetadataValueEndpoint struct {
	Host string `kafka:"0+"`
	Port uint16 `kafka:"0+"`
}

// StreamsGroupMemberMetadataValueKeyValue is part of StreamsGroupMemberMetadataValue.
type StreamsGroupMemberMetadataValueKeyValue struct {
	Key   string `kafka:"0+"`
	Value string `kafka:"0+"`
}
