package protocol

// AlterReplicaLogDirsRequest is the Kafka message AlterReplicaLogDirsRequest.
type AlterReplicaLogDirsRequest struct {
	_    struct{}                                       `kafka:"key=34,versions=1-2,flexible=2+,request"`
	Dirs []AlterReplicaLogDirsRequestAlterReplicaLogDir `kafka:"1+"`
}

// AlterReplicaLogDirsRequestAlterReplicaLogDir is part of AlterReplicaLogDirsRequest.
type AlterReplicaLogDirsRequestAlterReplicaLogDir struct {
	Path   string                                              `kafka:"1+"`
	Topics []AlterReplicaLogDirsRequestAlterReplicaLogDirTopic `kafka:"1+"`
}

// AlterReplicaLogDirsRequestAlterReplicaLogDirTopic is part of AlterReplicaLogDirsRequest.
type AlterReplicaLogDirsRequestAlterReplicaLogDirTopic struct {
	Name       string  `kafka:"1+"`
	Partitions []int32 `kafka:"1+"`
}

// AlterReplicaLogDirsResponse is the Kafka message AlterReplicaLogDirsResponse.
type AlterReplicaLogDirsResponse struct {
	_              struct{}                                                   `kafka:"key=34,versions=1-2,flexible=2+,response"`
	ThrottleTimeMs int32                                                      `kafka:"1+"`
	Results        []AlterReplicaLogDirsResponseAlterReplicaLogDirTopicResult `kafka:"1+"`
}

// AlterReplicaLogDirsResponseAlterReplicaLogDirTopicResult is part of AlterReplicaLogDirsResponse.
type AlterReplicaLogDirsResponseAlterReplicaLogDirTopicResult struct {
	TopicName  string                                                         `kafka:"1+"`
	Partitions []AlterReplicaLogDirsResponseAlterReplicaLogDirPartitionResult `kafka:"1+"`
}

// AlterReplicaLogDirsResponseAlterReplicaLogDirPartitionResult is part of
// AlterReplicaLogDirsResponse.
type AlterReplicaLogDirsResponseAlterReplicaLogDirPartitionResult struct {
	PartitionIndex int32 `kafka:"1+"`
	ErrorCode      int16 `kafka:"1+"`
}
