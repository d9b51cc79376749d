package protocol

// DescribeConfigsRequest is the Kafka message DescribeConfigsRequest.
type DescribeConfigsRequest struct {
	_                    struct{}                         `kafka:"key=32,versions=1-4,flexible=4+,request"`
	Resources            []DescribeConfigsRequestResource `kafka:"1+"`
	IncludeSynonyms      bool                             `kafka:"1+"`
	IncludeDocumentation bool                             `kafka:"3+"`
}

// DescribeConfigsRequestResource is part of DescribeConfigsRequest.
type DescribeConfigsRequestResource struct {
	ResourceType      int8     `kafka:"1+"`
	ResourceName      string   `kafka:"1+"`
	ConfigurationKeys []string `kafka:"1+,nullable=1+"`
}

// DescribeConfigsResponse is the Kafka message DescribeConfigsResponse.
type DescribeConfigsResponse struct {
	_              struct{}                        `kafka:"key=32,versions=1-4,flexible=4+,response"`
	ThrottleTimeMs int32                           `kafka:"1+"`
	Results        []DescribeConfigsResponseResult `kafka:"1+"`
}

// DescribeConfigsResponseResult is part of DescribeConfigsResponse.
type DescribeConfigsResponseResult struct {
	ErrorCode    int16                                   `kafka:"1+"`
	ErrorMessage *string                                 `kafka:"1+,nullable=1+,default=\"\""`
	ResourceType int8                                    `kafka:"1+"`
	ResourceName string                                  `kafka:"1+"`
	Configs      []DescribeConfigsResponseResourceResult `kafka:"1+"`
}

// DescribeConfigsResponseResourceResult is part of DescribeConfigsResponse.
type DescribeConfigsResponseResourceResult struct {
	Name          string                           `kafka:"1+"`
	Value         *string                          `kafka:"1+,nullable=1+,default=\"\""`
	ReadOnly      bool                             `kafka:"1+"`
	ConfigSource  int8                             `kafka:"1+,default=-1"`
	IsSensitive   bool                             `kafka:"1+"`
	Synonyms      []DescribeConfigsResponseSynonym `kafka:"1+"`
	ConfigType    int8                             `kafka:"3+"`
	Documentation *string                          `kafka:"3+,nullable=3+,default=\"\""`
}

// DescribeConfigsResponseSynonym is part of DescribeConfigsResponse.
type DescribeConfigsResponseSynonym struct {
	Name   string  `kafka:"1+"`
	Value  *string `kafka:"1+,nullable=1+,default=\"\""`
	Source int8    `kafka:"1+"`
}
