package protocol

// AlterPartitionReassignmentsRequest is the Kafka message AlterPartitionReassignmentsRequest.
type AlterPartitionReassignmentsRequest struct {
	_                            struct{}                                              `kafka:"key=45,versions=0-1,flexible=0+,request"`
	TimeoutMs                    int32                                                 `kafka:"0+,default=60000"`
	AllowReplicationFactorChange bool                                                  `kafka:"1+,default=true"`
	Topics                       []AlterPartitionReassignmentsRequestReassignableTopic `kafka:"0+"`
}

// AlterPartitionReassignmentsRequestReassignableTopic is part of
// AlterPartitionReassignmentsRequest.
type AlterPartitionReassignmentsRequestReassignableTopic struct {
	Name       string                                                    `kafka:"0+"`
	Partitions []AlterPartitionReassignmentsRequestReassignablePartition `kafka:"0+"`
}

// AlterPartitionReassignmentsRequestReassignablePartition is part of
// AlterPartitionReassignmentsRequest.
type AlterPartitionReassignmentsRequestReassignablePartition struct {
	PartitionIndex int32   `kafka:"0+"`
	Replicas       []int32 `kafka:"0+,nullable=0+,default=null"`
}

// AlterPartitionReassignmentsResponse is the Kafka message AlterPartitionReassignmentsResponse.
type AlterPartitionReassignmentsResponse struct {
	_                            struct{}                                                       `kafka:"key=45,versions=0-1,flexible=0+,response"`
	ThrottleTimeMs               int32                                                          `kafka:"0+"`
	AllowReplicationFactorChange bool                                                           `kafka:"1+,default=true"`
	ErrorCode                    int16                                                          `kafka:"0+"`
	ErrorMessage                 *string                                                        `kafka:"0+,nullable=0+,default=\"\""`
	Responses                    []AlterPartitionReassignmentsResponseReassignableTopicResponse `kafka:"0+"`
}

// AlterPartitionReassignmentsResponseReassignableTopicResponse is part of
// AlterPartitionReassignmentsResponse.
type AlterPartitionReassignmentsResponseReassignableTopicResponse struct {
	Name       string                                                             `kafka:"0+"`
	Partitions []AlterPartitionReassignmentsResponseReassignablePartitionResponse `kafka:"0+"`
}

// AlterPartitionReassignmentsResponseReassignablePartitionResponse is part of
// AlterPartitionReassignmentsResponse.
type AlterPartitionReassignmentsResponseReassignablePartitionResponse struct {
	PartitionIndex int32   `kafka:"0+"`
	ErrorCode      int16   `kafka:"0+"`
	ErrorMessage   *string `kafka:"0+,nullable=0+,default=\"\""`
}
