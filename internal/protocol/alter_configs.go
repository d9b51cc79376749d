package protocol

// AlterConfigsRequest is the Kafka message AlterConfigsRequest.
type AlterConfigsRequest struct {
	_            struct{}                      `kafka:"key=33,versions=0-2,flexible=2+,request"`
	Resources    []AlterConfigsRequestResource `kafka:"0+"`
	ValidateOnly bool                          `kafka:"0+"`
}

// AlterConfigsRequestResource is part of AlterConfigsRequest.
type AlterConfigsRequestResource struct {
	ResourceType int8                                 `kafka:"0+"`
	ResourceName string                               `kafka:"0+"`
	Configs      []AlterConfigsRequestAlterableConfig `kafka:"0+"`
}

// AlterConfigsRequestAlterableConfig is part of AlterConfigsRequest.
type AlterConfigsRequestAlterableConfig struct {
	Name  string  `kafka:"0+"`
	Value *string `kafka:"0+,nullable=0+,default=\"\""`
}

// AlterConfigsResponse is the Kafka message AlterConfigsResponse.
type AlterConfigsResponse struct {
	_              struct{}                               `kafka:"key=33,versions=0-2,flexible=2+,response"`
	ThrottleTimeMs int32                                  `kafka:"0+"`
	Responses      []AlterConfigsResponseResourceResponse `kafka:"0+"`
}

// AlterConfigsResponseResourceResponse is part of AlterConfigsResponse.
type AlterConfigsResponseResourceResponse struct {
	ErrorCode    int16   `kafka:"0+"`
	ErrorMessage *string `kafka:"0+,nullable=0+,default=\"\""`
	ResourceType int8    `kafka:"0+"`
	ResourceName string  `kafka:"0+"`
}
