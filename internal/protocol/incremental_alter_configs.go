package protocol

// IncrementalAlterConfigsRequest is the Kafka message IncrementalAlterConfigsRequest.
type IncrementalAlterConfigsRequest struct {
	_            struct{}                                             `kafka:"key=44,versions=0-1,flexible=1+,request"`
	Resources    []IncrementalAlterConfigsRequestAlterConfigsResource `kafka:"0+"`
	ValidateOnly bool                                                 `kafka:"0+"`
}

// IncrementalAlterConfigsRequestAlterConfigsResource is part of IncrementalAlterConfigsRequest.
type IncrementalAlterConfigsRequestAlterConfigsResource struct {
	ResourceType int8                                            `kafka:"0+"`
	ResourceName string                                          `kafka:"0+"`
	Configs      []IncrementalAlterConfigsRequestAlterableConfig `kafka:"0+"`
}

// IncrementalAlterConfigsRequestAlterableConfig is part of IncrementalAlterConfigsRequest.
type IncrementalAlterConfigsRequestAlterableConfig struct {
	Name            string  `kafka:"0+"`
	ConfigOperation int8    `kafka:"0+"`
	Value           *string `kafka:"0+,nullable=0+,default=\"\""`
}

// IncrementalAlterConfigsResponse is the Kafka message IncrementalAlterConfigsResponse.
type IncrementalAlterConfigsResponse struct {
	_              struct{}                                                      `kafka:"key=44,versions=0-1,flexible=1+,response"`
	ThrottleTimeMs int32                                                         `kafka:"0+"`
	Responses      []IncrementalAlterConfigsResponseAlterConfigsResourceResponse `kafka:"0+"`
}

// IncrementalAlterConfigsResponseAlterConfigsResourceResponse is part of
// IncrementalAlterConfigsResponse.
type IncrementalAlterConfigsResponseAlterConfigsResourceResponse struct {
	ErrorCode    int16   `kafka:"0+"`
	ErrorMessage *string `kafka:"0+,nullable=0+,default=\"\""`
	ResourceType int8    `kafka:"0+"`
	ResourceName string  `kafka:"0+"`
}
