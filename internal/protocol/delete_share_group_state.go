package protocol

import "github.com/gregorhq/gregor/internal/protocol/wire"

// DeleteShareGroupStateRequest is the Kafka message DeleteShareGroupStateRequest.
type DeleteShareGroupStateRequest struct {
	_       struct{}                                      `kafka:"key=86,versions=0,flexible=0+,request,clusteraction"`
	GroupID string                                        `kafka:"0+"`
	Topics  []DeleteShareGroupStateRequestDeleteStateData `kafka:"0+"`
}

// DeleteShareGroupStateRequestDeleteStateData is part of DeleteShareGroupStateRequest.
type DeleteShareGroupStateRequestDeleteStateData struct {
	TopicID    wire.UUID                                   `kafka:"0+"`
	Partitions []DeleteShareGroupStateRequestPartitionData `kafka:"0+"`
}

// DeleteShareGroupStateRequestPartitionData is part of DeleteShareGroupStateRequest.
type DeleteShareGroupStateRequestPartitionData struct {
	Partition int32 `kafka:"0+"`
}

// DeleteShareGroupStateResponse is the Kafka message DeleteShareGroupStateResponse.
type DeleteShareGroupStateResponse struct {
	_       struct{}                                         `kafka:"key=86,versions=0,flexible=0+,response,clusteraction"`
	Results []DeleteShareGroupStateResponseDeleteStateResult `kafka:"0+"`
}

// DeleteShareGroupStateResponseDeleteStateResult is part of DeleteShareGroupStateResponse.
type DeleteShareGroupStateResponseDeleteStateResult struct {
	TopicID    wire.UUID                                      `kafka:"0+"`
	Partitions []DeleteShareGroupStateResponsePartitionResult `kafka:"0+"`
}

// DeleteShareGroupStateResponsePartitionResult is part of DeleteShareGroupStateResponse.
type DeleteShareGroupStateResponsePartitionResult struct {
	Partition    int32   `kafka:"0+"`
	ErrorCode    int16   `kafka:"0+"`
	ErrorMessage *string `kafka:"0+,nullable=0+,default=null"`
}
