package grouprecord

// GroupMetadataKey is the Kafka message GroupMetadataKey.
type GroupMetadataKey struct {
	_     struct{} `kafka:"key=2,versions=0,flexible=none,data"`
	Group string   `kafka:"0+"`
}

// GroupMetadataValue is the Kafka message GroupMetadataValue.
type GroupMetadataValue struct {
	_                     struct{}                           `kafka:"key=2,versions=0-4,flexible=4+,data"`
	ProtocolType          string                             `kafka:"0+"`
	Generation            int32                              `kafka:"0+"`
	Protocol              *string                            `kafka:"0+,nullable=0+,default=\"\""`
	Leader                *string                            `kafka:"0+,nullable=0+,default=\"\""`
	CurrentStateTimestamp int64                              `kafka:"2+,default=-1"`
	Members               []GroupMetadataValueMemberMetadata `kafka:"0+"`
}

// GroupMetadataValueMemberMetadata is part of GroupMetadataValue.
type GroupMetadataValueMemberMetadata struct {
	MemberID         string  `kafka:"0+"`
	GroupInstanceID  *string `kafka:"3+,nullable=3+,default=null"`
	ClientID         string  `kafka:"0+"`
	ClientHost       string  `kafka:"0+"`
	RebalanceTimeout int32   `kafka:"1+,default=-1"`
	SessionTimeout   int32   `kafka:"0+"`
	Subscription     []byte  `kafka:"0+"`
	Assignment       []byte  `kafka:"0+"`
}
