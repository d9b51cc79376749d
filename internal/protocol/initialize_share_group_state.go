package protocol

import "github.com/gregorhq/gregor/internal/protocol/wire"

// InitializeShareGroupStateRequest is the Kafka message InitializeShareGroupStateRequest.
type InitializeShareGroupStateRequest struct {
	_       struct{}                                              `kafka:"key=83,versions=0,flexible=0+,request,clusteraction"`
	GroupID string                                                `kafka:"0+"`
	Topics  []InitializeShareGroupStateRequestInitializeStateData `kafka:"0+"`
}

// InitializeShareGroupStateRequestInitializeStateData is part of InitializeShareGroupStateRequest.
type InitializeShareGroupStateRequestInitializeStateData struct {
	TopicID    wire.UUID                                       `kafka:"0+"`
	Partitions []InitializeShareGroupStateRequestPartitionData `kafka:"0+"`
}

// InitializeShareGroupStateRequestPartitionData is part of InitializeShareGroupStateRequest.
type InitializeShareGroupStateRequestPartitionData struct {
	Partition   int32 `kafka:"0+"`
	StateEpoch  int32 `kafka:"0+"`
	StartOffset int64 `kafka:"0+"`
}

// InitializeShareGroupStateResponse is the Kafka message InitializeShareGroupStateResponse.
type InitializeShareGroupStateResponse struct {
	_       struct{}                                                 `kafka:"key=83,versions=0,flexible=0+,response,clusteraction"`
	Results []InitializeShareGroupStateResponseInitializeStateResult `kafka:"0+"`
}

// InitializeShareGroupStateResponseInitializeStateResult is part of
// InitializeShareGroupStateResponse.
type InitializeShareGroupStateResponseInitializeStateResult struct {
	TopicID    wire.UUID                                          `kafka:"0+"`
	Partitions []InitializeShareGroupStateResponsePartitionResult `kafka:"0+"`
}

// InitializeShareGroupStateResponsePartitionResult is part of InitializeShareGroupStateResponse.
type InitializeShareGroupStateResponsePartitionResult struct {
	Partition    int32   `kafka:"0+"`
	ErrorCode    int16   `kafka:"0+"`
	ErrorMessage *string `kafka:"0+,nullable=0+,default=null"`
}
