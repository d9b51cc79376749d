package protocol

import "github.com/gregorhq/gregor/internal/protocol/wire"

// DescribeQuorumRequest is the Kafka message DescribeQuorumRequest.
type DescribeQuorumRequest struct {
	_      struct{}                         `kafka:"key=55,versions=0-2,flexible=0+,request,clusteraction"`
	Topics []DescribeQuorumRequestTopicData `kafka:"0+"`
}

// DescribeQuorumRequestTopicData is part of DescribeQuorumRequest.
type DescribeQuorumRequestTopicData struct {
	TopicName  string                               `kafka:"0+"`
	Partitions []DescribeQuorumRequestPartitionData `kafka:"0+"`
}

// DescribeQuorumRequestPartitionData is part of DescribeQuorumRequest.
type DescribeQuorumRequestPartitionData struct {
	PartitionIndex int32 `kafka:"0+"`
}

// DescribeQuorumResponse is the Kafka message DescribeQuorumResponse.
type DescribeQuorumResponse struct {
	_            struct{}                          `kafka:"key=55,versions=0-2,flexible=0+,response,clusteraction"`
	ErrorCode    int16                             `kafka:"0+"`
	ErrorMessage *string                           `kafka:"2+,nullable=2+,default=\"\""`
	Topics       []DescribeQuorumResponseTopicData `kafka:"0+"`
	Nodes        []DescribeQuorumResponseNode      `kafka:"2+"`
}

// DescribeQuorumResponseTopicData is part of DescribeQuorumResponse.
type DescribeQuorumResponseTopicData struct {
	TopicName  string                                `kafka:"0+"`
	Partitions []DescribeQuorumResponsePartitionData `kafka:"0+"`
}

// DescribeQuorumResponsePartitionData is part of DescribeQuorumResponse.
type DescribeQuorumResponsePartitionData struct {
	PartitionIndex int32                                `kafka:"0+"`
	ErrorCode      int16                                `kafka:"0+"`
	ErrorMessage   *string                              `kafka:"2+,nullable=2+,default=\"\""`
	LeaderID       int32                                `kafka:"0+"`
	LeaderEpoch    int32                                `kafka:"0+"`
	HighWatermark  int64                                `kafka:"0+"`
	CurrentVoters  []DescribeQuorumResponseReplicaState `kafka:"0+"`
	Observers      []DescribeQuorumResponseReplicaState `kafka:"0+"`
}

// DescribeQuorumResponseReplicaState is part of DescribeQuorumResponse.
type DescribeQuorumResponseReplicaState struct {
	ReplicaID             int32     `kafka:"0+"`
	ReplicaDirectoryID    wire.UUID `kafka:"2+"`
	LogEndOffset          int64     `kafka:"0+"`
	LastFetchTimestamp    int64     `kafka:"1+,default=-1"`
	LastCaughtUpTimestamp int64     `kafka:"1+,default=-1"`
}

// DescribeQuorumResponseNode is part of DescribeQuorumResponse.
type DescribeQuorumResponseNode struct {
	NodeID    int32                            `kafka:"2+"`
	Listeners []DescribeQuorumResponseListener `kafka:"2+"`
}

// DescribeQuorumResponseListener is part of DescribeQuorumResponse.
type DescribeQuorumResponseListener struct {
	Name string `kafka:"2+"`
	Host string `kafka:"2+"`
	Port uint16 `kafka:"2+"`
}
