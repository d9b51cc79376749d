package protocol

// AllocateProducerIDsRequest is the Kafka message AllocateProducerIdsRequest.
type AllocateProducerIDsRequest struct {
	_           struct{} `kafka:"key=67,versions=0,flexible=0+,request,clusteraction,name=AllocateProducerIdsRequest"`
	BrokerID    int32    `kafka:"0+"`
	BrokerEpoch int64    `kafka:"0+,default=-1"`
}

// AllocateProducerIDsResponse is the Kafka message AllocateProducerIdsResponse.
type AllocateProducerIDsResponse struct {
	_               struct{} `kafka:"key=67,versions=0,flexible=0+,response,clusteraction,name=AllocateProducerIdsResponse"`
	ThrottleTimeMs  int32    `kafka:"0+"`
	ErrorCode       int16    `kafka:"0+"`
	ProducerIDStart int64    `kafka:"0+"`
	ProducerIDLen   int32    `kafka:"0+"`
}
