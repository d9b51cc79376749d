package protocol

// DescribeClientQuotasRequest is the Kafka message DescribeClientQuotasRequest.
type DescribeClientQuotasRequest struct {
	_          struct{}                                   `kafka:"key=48,versions=0-1,flexible=1+,request"`
	Components []DescribeClientQuotasRequestComponentData `kafka:"0+"`
	Strict     bool                                       `kafka:"0+"`
}

// DescribeClientQuotasRequestComponentData is part of DescribeClientQuotasRequest.
type DescribeClientQuotasRequestComponentData struct {
	EntityType string  `kafka:"0+"`
	MatchType  int8    `kafka:"0+"`
	Match      *string `kafka:"0+,nullable=0+,default=\"\""`
}

// DescribeClientQuotasResponse is the Kafka message DescribeClientQuotasResponse.
type DescribeClientQuotasResponse struct {
	_              struct{}                                `kafka:"key=48,versions=0-1,flexible=1+,response"`
	ThrottleTimeMs int32                                   `kafka:"0+"`
	ErrorCode      int16                                   `kafka:"0+"`
	ErrorMessage   *string                                 `kafka:"0+,nullable=0+,default=\"\""`
	Entries        []DescribeClientQuotasResponseEntryData `kafka:"0+,nullable=0+"`
}

// DescribeClientQuotasResponseEntryData is part of DescribeClientQuotasResponse.
type DescribeClientQuotasResponseEntryData struct {
	Entity []DescribeClientQuotasResponseEntityData `kafka:"0+"`
	Values []DescribeClientQuotasResponseValueData  `kafka:"0+"`
}

// DescribeClientQuotasResponseEntityData is part of DescribeClientQuotasResponse.
type DescribeClientQuotasResponseEntityData struct {
	EntityType string  `kafka:"0+"`
	EntityName *string `kafka:"0+,nullable=0+,default=\"\""`
}

// DescribeClientQuotasResponseValueData is part of DescribeClientQuotasResponse.
type DescribeClientQuotasResponseValueData struct {
	Key   string  `kafka:"0+"`
	Value float64 `kafka:"0+"`
}
