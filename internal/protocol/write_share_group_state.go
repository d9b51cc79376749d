package protocol

import "github.com/gregorhq/gregor/internal/protocol/wire"

// WriteShareGroupStateRequest is the Kafka message WriteShareGroupStateRequest.
type WriteShareGroupStateRequest struct {
	_       struct{}                                    `kafka:"key=85,versions=0-1,flexible=0+,request,clusteraction"`
	GroupID string                                      `kafka:"0+"`
	Topics  []WriteShareGroupStateRequestWriteStateData `kafka:"0+"`
}

// WriteShareGroupStateRequestWriteStateData is part of WriteShareGroupStateRequest.
type WriteShareGroupStateRequestWriteStateData struct {
	TopicID    wire.UUID                                  `kafka:"0+"`
	Partitions []WriteShareGroupStateRequestPartitionData `kafka:"0+"`
}

// WriteShareGroupStateRequestPartitionData is part of WriteShareGroupStateRequest.
type WriteShareGroupStateRequestPartitionData struct {
	Partition             int32                                   `kafka:"0+"`
	StateEpoch            int32                                   `kafka:"0+"`
	LeaderEpoch           int32                                   `kafka:"0+"`
	StartOffset           int64                                   `kafka:"0+"`
	DeliveryCompleteCount int32                                   `kafka:"1+,default=-1"`
	StateBatches          []WriteShareGroupStateRequestStateBatch `kafka:"0+"`
}

// WriteShareGroupStateRequestStateBatch is part of WriteShareGroupStateRequest.
type WriteShareGroupStateRequestStateBatch struct {
	FirstOffset   int64 `kafka:"0+"`
	LastOffset    int64 `kafka:"0+"`
	DeliveryState int8  `kafka:"0+"`
	DeliveryCount int16 `kafka:"0+"`
}

// WriteShareGroupStateResponse is the Kafka message WriteShareGroupStateResponse.
type WriteShareGroupStateResponse struct {
	_       struct{}                                       `kafka:"key=85,versions=0-1,flexible=0+,response,clusteraction"`
	Results []WriteShareGroupStateResponseWriteStateResult `kafka:"0+"`
}

// WriteShareGroupStateResponseWriteStateResult is part of WriteShareGroupStateResponse.
type WriteShareGroupStateResponseWriteStateResult struct {
	TopicID    wire.UUID                                     `kafka:"0+"`
	Partitions []WriteShareGroupStateResponsePartitionResult `kafka:"0+"`
}

// WriteShareGroupStateResponsePartitionResult is part of WriteShareGroupStateResponse.
type WriteShareGroupStateResponsePartitionResult struct {
	Partition    int32   `kafka:"0+"`
	ErrorCode    int16   `kafka:"0+"`
	ErrorMessage *string `kafka:"0+,nullable=0+,default=null"`
}
