package protocol

import "github.com/gregorhq/gregor/internal/protocol/wire"

// ReadShareGroupStateRequest is the Kafka message ReadShareGroupStateRequest.
type ReadShareGroupStateRequest struct {
	_       struct{}                                  `kafka:"key=84,versions=0,flexible=0+,request,clusteraction"`
	GroupID string                                    `kafka:"0+"`
	Topics  []ReadShareGroupStateRequestReadStateData `kafka:"0+"`
}

// ReadShareGroupStateRequestReadStateData is part of ReadShareGroupStateRequest.
type ReadShareGroupStateRequestReadStateData struct {
	TopicID    wire.UUID                                 `kafka:"0+"`
	Partitions []ReadShareGroupStateRequestPartitionData `kafka:"0+"`
}

// ReadShareGroupStateRequestPartitionData is part of ReadShareGroupStateRequest.
type ReadShareGroupStateRequestPartitionData struct {
	Partition   int32 `kafka:"0+"`
	LeaderEpoch int32 `kafka:"0+"`
}

// ReadShareGroupStateResponse is the Kafka message ReadShareGroupStateResponse.
type ReadShareGroupStateResponse struct {
	_       struct{}                                     `kafka:"key=84,versions=0,flexible=0+,response,clusteraction"`
	Results []ReadShareGroupStateResponseReadStateResult `kafka:"0+"`
}

// ReadShareGroupStateResponseReadStateResult is part of ReadShareGroupStateResponse.
type ReadShareGroupStateResponseReadStateResult struct {
	TopicID    wire.UUID                                    `kafka:"0+"`
	Partitions []ReadShareGroupStateResponsePartitionResult `kafka:"0+"`
}

// ReadShareGroupStateResponsePartitionResult is part of ReadShareGroupStateResponse.
type ReadShareGroupStateResponsePartitionResult struct {
	Partition    int32                                   `kafka:"0+"`
	ErrorCode    int16                                   `kafka:"0+"`
	ErrorMessage *string                                 `kafka:"0+,nullable=0+,default=null"`
	StateEpoch   int32                                   `kafka:"0+"`
	StartOffset  int64                                   `kafka:"0+"`
	StateBatches []ReadShareGroupStateResponseStateBatch `kafka:"0+"`
}

// ReadShareGroupStateResponseStateBatch is part of ReadShareGroupStateResponse.
type ReadShareGroupStateResponseStateBatch struct {
	FirstOffset   int64 `kafka:"0+"`
	LastOffset    int64 `kafka:"0+"`
	DeliveryState int8  `kafka:"0+"`
	DeliveryCount int16 `kafka:"0+"`
}
