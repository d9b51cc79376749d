package grouprecord

// ConsumerGroupMemberMetadataKey is the Kafka message ConsumerGroupMemberMetadataKey.
type ConsumerGroupMemberMetadataKey struct {
	_        struct{} `kafka:"key=5,versions=0,flexible=none,data"`
	GroupID  string   `kafka:"0+"`
	MemberID string   `kafka:"0+"`
}

// ConsumerGroupMemberMetadataValue is the Kafka message ConsumerGroupMemberMetadataValue.
type ConsumerGroupMemberMetadataValue struct {
	_                     struct{}                                               `kafka:"key=5,versions=0,flexible=0+,data"`
	InstanceID            *string                                                `kafka:"0+,nullable=0+,default=\"\""`
	RackID                *string                                                `kafka:"0+,nullable=0+,default=\"\""`
	ClientID              string                                                 `kafka:"0+"`
	ClientHost            string                                                 `kafka:"0+"`
	SubscribedTopicNames  []string                                               `kafka:"0+"`
	SubscribedTopicRegex  *string                                                `kafka:"0+,nullable=0+,default=\"\""`
	RebalanceTimeoutMs    int32                                                  `kafka:"0+,default=-1"`
	ServerAssignor        *string                                                `kafka:"0+,nullable=0+,default=\"\""`
	ClassicMemberMetadata *ConsumerGroupMemberMetadataValueClassicMemberMetadata `kafka:"0+,nullable=0+,tag=0"`
}

// ConsumerGroupMemberMetadataValueClassicMemberMetadata is part of
// ConsumerGroupMemberMetadataValue.
type ConsumerGroupMemberMetadataValueClassicMemberMetadata struct {
	SessionTimeoutMs   int32                                             `kafka:"0+"`
	SupportedProtocols []ConsumerGroupMemberMetadataValueClassicProtocol `kafka:"0+"`
}

// ConsumerGroupMemberMetadataValueClassicProtocol is part of ConsumerGroupMemberMetadataValue.
type ConsumerGroupMemberMetadataValueClassicProtocol struct {
	Name     string `kafka:"0+"`
	Metadata []byte `kafka:"0+"`
}
