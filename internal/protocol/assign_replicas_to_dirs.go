package protocol

import "github.com/gregorhq/gregor/internal/protocol/wire"

// AssignReplicasToDirsRequest is the Kafka message AssignReplicasToDirsRequest.
type AssignReplicasToDirsRequest struct {
	_           struct{}                                   `kafka:"key=73,versions=0,flexible=0+,request"`
	BrokerID    int32                                      `kafka:"0+"`
	BrokerEpoch int64                                      `kafka:"0+,default=-1"`
	Directories []AssignReplicasToDirsRequestDirectoryData `kafka:"0+"`
}

// AssignReplicasToDirsRequestDirectoryData is part of AssignReplicasToDirsRequest.
type AssignReplicasToDirsRequestDirectoryData struct {
	ID     wire.UUID                              `kafka:"0+"`
	Topics []AssignReplicasToDirsRequestTopicData `kafka:"0+"`
}

// AssignReplicasToDirsRequestTopicData is part of AssignReplicasToDirsRequest.
type AssignReplicasToDirsRequestTopicData struct {
	TopicID    wire.UUID                                  `kafka:"0+"`
	Partitions []AssignReplicasToDirsRequestPartitionData `kafka:"0+"`
}

// AssignReplicasToDirsRequestPartitionData is part of AssignReplicasToDirsRequest.
type AssignReplicasToDirsRequestPartitionData struct {
	PartitionIndex int32 `kafka:"0+"`
}

// AssignReplicasToDirsResponse is the Kafka message AssignReplicasToDirsResponse.
type AssignReplicasToDirsResponse struct {
	_              struct{}                                    `kafka:"key=73,versions=0,flexible=0+,response"`
	ThrottleTimeMs int32                                       `kafka:"0+"`
	ErrorCode      int16                                       `kafka:"0+"`
	Directories    []AssignReplicasToDirsResponseDirectoryData `kafka:"0+"`
}

// AssignReplicasToDirsResponseDirectoryData is part of AssignReplicasToDirsResponse.
type AssignReplicasToDirsResponseDirectoryData struct {
	ID     wire.UUID                               `kafka:"0+"`
	Topics []AssignReplicasToDirsResponseTopicData `kafka:"0+"`
}

// AssignReplicasToDirsResponseTopicData is part of AssignReplicasToDirsResponse.
type AssignReplicasToDirsResponseTopicData struct {
	TopicID    wire.UUID                                   `kafka:"0+"`
	Partitions []AssignReplicasToDirsResponsePartitionData `kafka:"0+"`
}

// AssignReplicasToDirsResponsePartitionData is part of AssignReplicasToDirsResponse.
type AssignReplicasToDirsResponsePartitionData struct {
	PartitionIndex int32 `kafka:"0+"`
	ErrorCode      int16 `kafka:"0+"`
}
