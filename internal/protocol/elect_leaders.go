package protocol

// ElectLeadersRequest is the Kafka message ElectLeadersRequest.
type ElectLeadersRequest struct {
	_               struct{}                             `kafka:"key=43,versions=0-2,flexible=2+,request"`
	ElectionType    int8                                 `kafka:"1+"`
	TopicPartitions []ElectLeadersRequestTopicPartitions `kafka:"0+,nullable=0+"`
	TimeoutMs       int32                                `kafka:"0+,default=60000"`
}

// ElectLeadersRequestTopicPartitions is part of ElectLeadersRequest.
type ElectLeadersRequestTopicPartitions struct {
	Topic      string  `kafka:"0+"`
	Partitions []int32 `kafka:"0+"`
}

// ElectLeadersResponse is the Kafka message ElectLeadersResponse.
type ElectLeadersResponse struct {
	_                      struct{}                                    `kafka:"key=43,versions=0-2,flexible=2+,response"`
	ThrottleTimeMs         int32                                       `kafka:"0+"`
	ErrorCode              int16                                       `kafka:"1+"`
	ReplicaElectionResults []ElectLeadersResponseReplicaElectionResult `kafka:"0+"`
}

// ElectLeadersResponseReplicaElectionResult is part of ElectLeadersResponse.
type ElectLeadersResponseReplicaElectionResult struct {
	Topic           string                                `kafka:"0+"`
	PartitionResult []ElectLeadersResponsePartitionResult `kafka:"0+"`
}

// ElectLeadersResponsePartitionResult is part of ElectLeadersResponse.
type ElectLeadersResponsePartitionResult struct {
	PartitionID  int32   `kafka:"0+"`
	ErrorCode    int16   `kafka:"0+"`
	ErrorMessage *string `kafka:"0+,nullable=0+,default=\"\""`
}
