package clientrecord

// ConsumerProtocolAssignment is the Kafka message ConsumerProtocolAssignment.
type ConsumerProtocolAssignment struct {
	_                  struct{}                                   `kafka:"versions=0-3,flexible=none,data"`
	AssignedPartitions []ConsumerProtocolAssignmentTopicPartition `kafka:"0+"`
	UserData           []byte                                     `kafka:"0+,nullable=0+,default=null"`
}

// ConsumerProtocolAssignmentTopicPartition is part of ConsumerProtocolAssignment.
type ConsumerProtocolAssignmentTopicPartition struct {
	Topic      string  `kafka:"0+"`
	Partitions []int32 `kafka:"0+"`
}
