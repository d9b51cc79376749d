package clientrecord

// ConsumerProtocolSubscription is the Kafka message ConsumerProtocolSubscription.
type ConsumerProtocolSubscription struct {
	_               struct{}                                     `kafka:"versions=0-3,flexible=none,data"`
	Topics          []string                                     `kafka:"0+"`
	UserData        []byte                                       `kafka:"0+,nullable=0+,default=null"`
	OwnedPartitions []ConsumerProtocolSubscriptionTopicPartition `kafka:"1+"`
	GenerationID    int32                                        `kafka:"2+,default=-1"`
	RackID          *string                                      `kafka:"3+,nullable=3+,default=null"`
}

// ConsumerProtocolSubscriptionTopicPartition is part of ConsumerProtocolSubscription.
type ConsumerProtocolSubscriptionTopicPartition struct {
	Topic      string  `kafka:"1+"`
	Partitions []int32 `kafka:"1+"`
}
