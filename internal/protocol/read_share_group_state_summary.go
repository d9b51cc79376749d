package protocol

import "github.com/gregorhq/gregor/internal/protocol/wire"

// ReadShareGroupStateSummaryRequest is the Kafka message ReadShareGroupStateSummaryRequest.
type ReadShareGroupStateSummaryRequest struct {
	_       struct{}                                                `kafka:"key=87,versions=0-1,flexible=0+,request,clusteraction"`
	GroupID string                                                  `kafka:"0+"`
	Topics  []ReadShareGroupStateSummaryRequestReadStateSummaryData `kafka:"0+"`
}

// ReadShareGroupStateSummaryRequestReadStateSummaryData is part of
// ReadShareGroupStateSummaryRequest.
type ReadShareGroupStateSummaryRequestReadStateSummaryData struct {
	TopicID    wire.UUID                                        `kafka:"0+"`
	Partitions []ReadShareGroupStateSummaryRequestPartitionData `kafka:"0+"`
}

// ReadShareGroupStateSummaryRequestPartitionData is part of ReadShareGroupStateSummaryRequest.
type ReadShareGroupStateSummaryRequestPartitionData struct {
	Partition   int32 `kafka:"0+"`
	LeaderEpoch int32 `kafka:"0+"`
}

// ReadShareGroupStateSummaryResponse is the Kafka message ReadShareGroupStateSummaryResponse.
type ReadShareGroupStateSummaryResponse struct {
	_       struct{}                                                   `kafka:"key=87,versions=0-1,flexible=0+,response,clusteraction"`
	Results []ReadShareGroupStateSummaryResponseReadStateSummaryResult `kafka:"0+"`
}

// ReadShareGroupStateSummaryResponseReadStateSummaryResult is part of
// ReadShareGroupStateSummaryResponse.
type ReadShareGroupStateSummaryResponseReadStateSummaryResult struct {
	TopicID    wire.UUID                                           `kafka:"0+"`
	Partitions []ReadShareGroupStateSummaryResponsePartitionResult `kafka:"0+"`
}

// ReadShareGroupStateSummaryResponsePartitionResult is part of ReadShareGroupStateSummaryResponse.
type ReadShareGroupStateSummaryResponsePartitionResult struct {
	Partition             int32   `kafka:"0+"`
	ErrorCode             int16   `kafka:"0+"`
	ErrorMessage          *string `kafka:"0+,nullable=0+,default=null"`
	StateEpoch            int32   `kafka:"0+"`
	LeaderEpoch           int32   `kafka:"0+"`
	StartOffset           int64   `kafka:"0+"`
	DeliveryCompleteCount int32   `kafka:"1+,default=-1"`
}
