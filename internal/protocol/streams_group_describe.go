package protocol

// StreamsGroupDescribeRequest is the Kafka message StreamsGroupDescribeRequest.
type StreamsGroupDescribeRequest struct {
	_                           struct{} `kafka:"key=89,versions=0-1,flexible=0+,request"`
	GroupIDs                    []string `kafka:"0+"`
	IncludeAuthorizedOperations bool     `kafka:"0+"`
	IncludeTopologyDescription  bool     `kafka:"1+"`
}

// StreamsGroupDescribeResponse is the Kafka message StreamsGroupDescribeResponse.
type StreamsGroupDescribeResponse struct {
	_              struct{}                                     `kafka:"key=89,versions=0-1,flexible=0+,response"`
	ThrottleTimeMs int32                                        `kafka:"0+"`
	Groups         []StreamsGroupDescribeResponseDescribedGroup `kafka:"0+"`
}

// StreamsGroupDescribeResponseDescribedGroup is part of StreamsGroupDescribeResponse.
type StreamsGroupDescribeResponseDescribedGroup struct {
	ErrorCode                 int16                                            `kafka:"0+"`
	ErrorMessage              *string                                          `kafka:"0+,nullable=0+,default=null"`
	GroupID                   string                                           `kafka:"0+"`
	GroupState                string                                           `kafka:"0+"`
	GroupEpoch                int32                                            `kafka:"0+"`
	AssignmentEpoch           int32                                            `kafka:"0+"`
	Topology                  *StreamsGroupDescribeResponseTopology            `kafka:"0+,nullable=0+,default=null"`
	Members                   []StreamsGroupDescribeResponseMember             `kafka:"0+"`
	AuthorizedOperations      int32                                            `kafka:"0+,default=-2147483648"`
	TopologyDescription       *StreamsGroupDescribeResponseTopologyDescription `kafka:"1+,nullable=1+,default=null"`
	TopologyDescriptionStatus int8                                             `kafka:"1+"`
	AssignorName              *string                                          `kafka:"1+,nullable=1+,default=null"`
}

// StreamsGroupDescribeResponseTopology is part of StreamsGroupDescribeResponse.
type StreamsGroupDescribeResponseTopology struct {
	Epoch         int32                                     `kafka:"0+"`
	Subtopologies []StreamsGroupDescribeResponseSubtopology `kafka:"0+,nullable=0+,default=null"`
}

// StreamsGroupDescribeResponseSubtopology is part of StreamsGroupDescribeResponse.
type StreamsGroupDescribeResponseSubtopology struct {
	SubtopologyID           string                                  `kafka:"0+"`
	SourceTopics            []string                                `kafka:"0+"`
	RepartitionSinkTopics   []string                                `kafka:"0+"`
	StateChangelogTopics    []StreamsGroupDescribeResponseTopicInfo `kafka:"0+"`
	RepartitionSourceTopics []StreamsGroupDescribeResponseTopicInfo `kafka:"0+"`
}

// StreamsGroupDescribeResponseTopicInfo is part of StreamsGroupDescribeResponse.
type StreamsGroupDescribeResponseTopicInfo struct {
	Name              string                                 `kafka:"0+"`
	Partitions        int32                                  `kafka:"0+"`
	ReplicationFactor int16                                  `kafka:"0+"`
	TopicConfigs      []StreamsGroupDescribeResponseKeyValue `kafka:"0+"`
}

// StreamsGroupDescribeResponseKeyValue is part of StreamsGroupDescribeResponse.
type StreamsGroupDescribeResponseKeyValue struct {
	Key   string `kafka:"0+"`
	Value string `kafka:"0+"`
}

// StreamsGroupDescribeResponseMember is part of StreamsGroupDescribeResponse.
type StreamsGroupDescribeResponseMember struct {
	MemberID         string                                   `kafka:"0+"`
	MemberEpoch      int32                                    `kafka:"0+"`
	InstanceID       *string                                  `kafka:"0+,nullable=0+,default=null"`
	RackID           *string                                  `kafka:"0+,nullable=0+,default=null"`
	ClientID         string                                   `kafka:"0+"`
	ClientHost       string                                   `kafka:"0+"`
	TopologyEpoch    int32                                    `kafka:"0+"`
	ProcessID        string                                   `kafka:"0+"`
	UserEndpoint     *StreamsGroupDescribeResponseEndpoint    `kafka:"0+,nullable=0+,default=null"`
	ClientTags       []StreamsGroupDescribeResponseKeyValue   `kafka:"0+"`
	TaskOffsets      []StreamsGroupDescribeResponseTaskOffset `kafka:"0+"`
	TaskEndOffsets   []StreamsGroupDescribeResponseTaskOffset `kafka:"0+"`
	Assignment       StreamsGroupDescribeResponseAssignment   `kafka:"0+"`
	TargetAssignment StreamsGroupDescribeResponseAssignment   `kafka:"0+"`
	IsClassic        bool                                     `kafka:"0+"`
}

// StreamsGroupDescribeResponseEndpoint is part of StreamsGroupDescribeResponse.
type StreamsGroupDescribeResponseEndpoint struct {
	Host string `kafka:"0+"`
	Port uint16 `kafka:"0+"`
}

// StreamsGroupDescribeResponseTaskOffset is part of StreamsGroupDescribeResponse.
type StreamsGroupDescribeResponseTaskOffset struct {
	SubtopologyID string `kafka:"0+"`
	Partition     int32  `kafka:"0+"`
	Offset        int64  `kafka:"0+"`
}

// StreamsGroupDescribeResponseAssignment is part of StreamsGroupDescribeResponse.
type StreamsGroupDescribeResponseAssignment struct {
	ActiveTasks  []StreamsGroupDescribeResponseTaskIDs `kafka:"0+"`
	StandbyTasks []StreamsGroupDescribeResponseTaskIDs `kafka:"0+"`
	WarmupTasks  []StreamsGroupDescribeResponseTaskIDs `kafka:"0+"`
}

// StreamsGroupDescribeResponseTaskIDs is part of StreamsGroupDescribeResponse.
type StreamsGroupDescribeResponseTaskIDs struct {
	SubtopologyID string  `kafka:"0+"`
	Partitions    []int32 `kafka:"0+"`
}

// StreamsGroupDescribeResponseTopologyDescription is part of StreamsGroupDescribeResponse.
type StreamsGroupDescribeResponseTopologyDescription struct {
	Subtopologies []StreamsGroupDescribeResponseTopologyDescriptionSubtopology `kafka:"1+"`
	GlobalStores  []StreamsGroupDescribeResponseTopologyDescriptionGlobalStore `kafka:"1+"`
}

// StreamsGroupDescribeResponseTopologyDescriptionSubtopology is part of
// StreamsGroupDescribeResponse.
type StreamsGroupDescribeResponseTopologyDescriptionSubtopology struct {
	SubtopologyID string                                                `kafka:"1+"`
	Nodes         []StreamsGroupDescribeResponseTopologyDescriptionNode `kafka:"1+"`
}

// StreamsGroupDescribeResponseTopologyDescriptionNode is part of StreamsGroupDescribeResponse.
type StreamsGroupDescribeResponseTopologyDescriptionNode struct {
	Name         string   `kafka:"1+"`
	NodeType     int8     `kafka:"1+"`
	SourceTopics []string `kafka:"1+"`
	SinkTopic    *string  `kafka:"1+,nullable=1+,default=null"`
	Stores       []string `kafka:"1+"`
	Successors   []string `kafka:"1+"`
}

// StreamsGroupDescribeResponseTopologyDescriptionGlobalStore is part of
// StreamsGroupDescribeResponse.
type StreamsGroupDescribeResponseTopologyDescriptionGlobalStore struct {
	Source    StreamsGroupDescribeResponseTopologyDescriptionNode `kafka:"1+"`
	Processor StreamsGroupDescribeResponseTopologyDescriptionNode `kafka:"1+"`
}
