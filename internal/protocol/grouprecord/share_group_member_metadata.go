package grouprecord

// ShareGroupMemberMetadataKey is the Kafka message ShareGroupMemberMetadataKey.
type ShareGroupMemberMetadataKey struct {
	_        struct{} `kafka:"key=10,versions=0,flexible=none,data"`
	GroupID  string   `kafka:"0+"`
	MemberID string   `kafka:"0+"`
}

// ShareGroupMemberMetadataValue is the Kafka message ShareGroupMemberMetadataValue.
type ShareGroupMemberMetadataValue struct {
	_                    struct{} `kafka:"key=10,versions=0,flexible=0+,data"`
	RackID               *string  `kafka:"0+,nullable=0+,default=\"\""`
	ClientID             string   `kafka:"0+"`
	ClientHost           string   `kafka:"0+"`
	SubscribedTopicNames []string `kafka:"0+"`
}
