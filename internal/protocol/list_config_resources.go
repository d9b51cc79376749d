package protocol

// ListConfigResourcesRequest is the Kafka message ListConfigResourcesRequest.
type ListConfigResourcesRequest struct {
	_             struct{} `kafka:"key=74,versions=0-1,flexible=0+,request"`
	ResourceTypes []int8   `kafka:"1+"`
}

// ListConfigResourcesResponse is the Kafka message ListConfigResourcesResponse.
type ListConfigResourcesResponse struct {
	_               struct{}                                    `kafka:"key=74,versions=0-1,flexible=0+,response"`
	ThrottleTimeMs  int32                                       `kafka:"0+"`
	ErrorCode       int16                                       `kafka:"0+"`
	ConfigResources []ListConfigResourcesResponseConfigResource `kafka:"0+"`
}

// ListConfigResourcesResponseConfigResource is part of ListConfigResourcesResponse.
type ListConfigResourcesResponseConfigResource struct {
	ResourceName string `kafka:"0+"`
	ResourceType int8   `kafka:"1+,default=16"`
}
