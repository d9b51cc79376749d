package protocol

// ListPartitionReassignmentsRequest is the Kafka message ListPartitionReassignmentsRequest.
type ListPartitionReassignmentsRequest struct {
	_         struct{}                                  `kafka:"key=46,versions=0,flexible=0+,request"`
	TimeoutMs int32                                     `kafka:"0+,default=60000"`
	Topics    []ListPartitionReassignmentsRequestTopics `kafka:"0+,nullable=0+,default=null"`
}

// ListPartitionReassignmentsRequestTopics is part of ListPartitionReassignmentsRequest.
type ListPartitionReassignmentsRequestTopics struct {
	Name             string  `kafka:"0+"`
	PartitionIndexes []int32 `kafka:"0+"`
}

// ListPartitionReassignmentsResponse is the Kafka message ListPartitionReassignmentsResponse.
type ListPartitionReassignmentsResponse struct {
	_              struct{}                                                     `kafka:"key=46,versions=0,flexible=0+,response"`
	ThrottleTimeMs int32                                                        `kafka:"0+"`
	ErrorCode      int16                                                        `kafka:"0+"`
	ErrorMessage   *string                                                      `kafka:"0+,nullable=0+,default=\"\""`
	Topics         []ListPartitionReassignmentsResponseOngoingTopicReassignment `kafka:"0+"`
}

// ListPartitionReassignmentsResponseOngoingTopicReassignment is part of
// ListPartitionReassignmentsResponse.
type ListPartitionReassignmentsResponseOngoingTopicReassignment struct {
	Name       string                                                           `kafka:"0+"`
	Partitions []ListPartitionReassignmentsResponseOngoingPartitionReassignment `kafka:"0+"`
}

// ListPartitionReassignmentsResponseOngoingPartitionReassignment is part of
// ListPartitionReassignmentsResponse.
type ListPartitionReassignmentsResponseOngoingPartitionReassignment struct {
	PartitionIndex   int32   `kafka:"0+"`
	Replicas         []int32 `kafka:"0+"`
	AddingReplicas   []int32 `kafka:"0+"`
	RemovingReplicas []int32 `kafka:"0+"`
}
