package protocol

// StreamsGroupHeartbeatRequest is the Kafka message StreamsGroupHeartbeatRequest.
type StreamsGroupHeartbeatRequest struct {
	_                        struct{}                                 `kafka:"key=88,versions=0-1,flexible=0+,request"`
	GroupID                  string                                   `kafka:"0+"`
	MemberID                 string                                   `kafka:"0+"`
	MemberEpoch              int32                                    `kafka:"0+"`
	EndpointInformationEpoch int32                                    `kafka:"0+"`
	InstanceID               *string                                  `kafka:"0+,nullable=0+,default=null"`
	RackID                   *string                                  `kafka:"0+,nullable=0+,default=null"`
	RebalanceTimeoutMs       int32                                    `kafka:"0+,default=-1"`
	Topology                 *StreamsGroupHeartbeatRequestTopology    `kafka:"0+,nullable=0+,default=null"`
	ActiveTasks              []StreamsGroupHeartbeatRequestTaskIDs    `kafka:"0+,nullable=0+,default=null"`
	StandbyTasks             []StreamsGroupHeartbeatRequestTaskIDs    `kafka:"0+,nullable=0+,default=null"`
	WarmupTasks              []StreamsGroupHeartbeatRequestTaskIDs    `kafka:"0+,nullable=0+,default=null"`
	ProcessID                *string                                  `kafka:"0+,nullable=0+,default=null"`
	UserEndpoint             *StreamsGroupHeartbeatRequestEndpoint    `kafka:"0+,nullable=0+,default=null"`
	ClientTags               []StreamsGroupHeartbeatRequestKeyValue   `kafka:"0+,nullable=0+,default=null"`
	TaskOffsets              []StreamsGroupHeartbeatRequestTaskOffset `kafka:"0+,nullable=0+,default=null"`
	TaskEndOffsets           []StreamsGroupHeartbeatRequestTaskOffset `kafka:"0+,nullable=0+,default=null"`
	ShutdownApplication      bool                                     `kafka:"0+"`
}

// StreamsGroupHeartbeatRequestTopology is part of StreamsGroupHeartbeatRequest.
type StreamsGroupHeartbeatRequestTopology struct {
	Epoch         int32                                     `kafka:"0+"`
	Subtopologies []StreamsGroupHeartbeatRequestSubtopology `kafka:"0+"`
}

// StreamsGroupHeartbeatRequestSubtopology is part of StreamsGroupHeartbeatRequest.
type StreamsGroupHeartbeatRequestSubtopology struct {
	SubtopologyID           string                                         `kafka:"0+"`
	SourceTopics            []string                                       `kafka:"0+"`
	SourceTopicRegex        []string                                       `kafka:"0+"`
	StateChangelogTopics    []StreamsGroupHeartbeatRequestTopicInfo        `kafka:"0+"`
	RepartitionSinkTopics   []string                                       `kafka:"0+"`
	RepartitionSourceTopics []StreamsGroupHeartbeatRequestTopicInfo        `kafka:"0+"`
	CopartitionGroups       []StreamsGroupHeartbeatRequestCopartitionGroup `kafka:"0+"`
}

// StreamsGroupHeartbeatRequestTopicInfo is part of StreamsGroupHeartbeatRequest.
type StreamsGroupHeartbeatRequestTopicInfo struct {
	Name              string                                 `kafka:"0+"`
	Partitions        int32                                  `kafka:"0+"`
	ReplicationFactor int16                                  `kafka:"0+"`
	TopicConfigs      []StreamsGroupHeartbeatRequestKeyValue `kafka:"0+"`
}

// StreamsGroupHeartbeatRequestKeyValue is part of StreamsGroupHeartbeatRequest.
type StreamsGroupHeartbeatRequestKeyValue struct {
	Key   string `kafka:"0+"`
	Value string `kafka:"0+"`
}

// StreamsGroupHeartbeatRequestCopartitionGroup is part of StreamsGroupHeartbeatRequest.
type StreamsGroupHeartbeatRequestCopartitionGroup struct {
	SourceTopics            []int16 `kafka:"0+"`
	SourceTopicRegex        []int16 `kafka:"0+"`
	RepartitionSourceTopics []int16 `kafka:"0+"`
}

// StreamsGroupHeartbeatRequestTaskIDs is part of StreamsGroupHeartbeatRequest.
type StreamsGroupHeartbeatRequestTaskIDs struct {
	SubtopologyID string  `kafka:"0+"`
	Partitions    []int32 `kafka:"0+"`
}

// StreamsGroupHeartbeatRequestEndpoint is part of StreamsGroupHeartbeatRequest.
type StreamsGroupHeartbeatRequestEndpoint struct {
	Host string `kafka:"0+"`
	Port uint16 `kafka:"0+"`
}

// StreamsGroupHeartbeatRequestTaskOffset is part of StreamsGroupHeartbeatRequest.
type StreamsGroupHeartbeatRequestTaskOffset struct {
	SubtopologyID string `kafka:"0+"`
	Partition     int32  `kafka:"0+"`
	Offset        int64  `kafka:"0+"`
}

// StreamsGroupHeartbeatResponse is the Kafka message StreamsGroupHeartbeatResponse.
type StreamsGroupHeartbeatResponse struct {
	_                           struct{}                                            `kafka:"key=88,versions=0-1,flexible=0+,response"`
	ThrottleTimeMs              int32                                               `kafka:"0+"`
	ErrorCode                   int16                                               `kafka:"0+"`
	ErrorMessage                *string                                             `kafka:"0+,nullable=0+,default=null"`
	MemberID                    string                                              `kafka:"0+"`
	MemberEpoch                 int32                                               `kafka:"0+"`
	HeartbeatIntervalMs         int32                                               `kafka:"0+"`
	AcceptableRecoveryLagLegacy int32                                               `kafka:"0"`
	TaskOffsetIntervalMs        int32                                               `kafka:"0+"`
	AcceptableRecoveryLag       int64                                               `kafka:"1+,default=-1"`
	Status                      []StreamsGroupHeartbeatResponseStatus               `kafka:"0+,nullable=0+"`
	ActiveTasks                 []StreamsGroupHeartbeatResponseTaskIDs              `kafka:"0+,nullable=0+,default=null"`
	StandbyTasks                []StreamsGroupHeartbeatResponseTaskIDs              `kafka:"0+,nullable=0+,default=null"`
	WarmupTasks                 []StreamsGroupHeartbeatResponseTaskIDs              `kafka:"0+,nullable=0+,default=null"`
	TopologyDescriptionRequired bool                                                `kafka:"1+"`
	EndpointInformationEpoch    int32                                               `kafka:"0+"`
	PartitionsByUserEndpoint    []StreamsGroupHeartbeatResponseEndpointToPartitions `kafka:"0+,nullable=0+,default=null"`
}

// StreamsGroupHeartbeatResponseStatus is part of StreamsGroupHeartbeatResponse.
type StreamsGroupHeartbeatResponseStatus struct {
	StatusCode   int8   `kafka:"0+"`
	StatusDetail string `kafka:"0+"`
}

// StreamsGroupHeartbeatResponseTaskIDs is part of StreamsGroupHeartbeatResponse.
type StreamsGroupHeartbeatResponseTaskIDs struct {
	SubtopologyID string  `kafka:"0+"`
	Partitions    []int32 `kafka:"0+"`
}

// StreamsGroupHeartbeatResponseEndpointToPartitions is part of StreamsGroupHeartbeatResponse.
type StreamsGroupHeartbeatResponseEndpointToPartitions struct {
	UserEndpoint      StreamsGroupHeartbeatResponseEndpoint         `kafka:"0+"`
	ActivePartitions  []StreamsGroupHeartbeatResponseTopicPartition `kafka:"0+"`
	StandbyPartitions []StreamsGroupHeartbeatResponseTopicPartition `kafka:"0+"`
}

// StreamsGroupHeartbeatResponseEndpoint is part of StreamsGroupHeartbeatResponse.
type StreamsGroupHeartbeatResponseEndpoint struct {
	Host string `kafka:"0+"`
	Port uint16 `kafka:"0+"`
}

// StreamsGroupHeartbeatResponseTopicPartition is part of StreamsGroupHeartbeatResponse.
type StreamsGroupHeartbeatResponseTopicPartition struct {
	Topic      string  `kafka:"0+"`
	Partitions []int32 `kafka:"0+"`
}
