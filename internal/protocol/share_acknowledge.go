package protocol

import "github.com/gregorhq/gregor/internal/protocol/wire"

// ShareAcknowledgeRequest is the Kafka message ShareAcknowledgeRequest.
type ShareAcknowledgeRequest struct {
	_                 struct{}                                  `kafka:"key=79,versions=1-2,flexible=1+,request"`
	GroupID           *string                                   `kafka:"1+,nullable=1+,default=null"`
	MemberID          *string                                   `kafka:"1+,nullable=1+,default=\"\""`
	ShareSessionEpoch int32                                     `kafka:"1+"`
	IsRenewAck        bool                                      `kafka:"2+"`
	Topics            []ShareAcknowledgeRequestAcknowledgeTopic `kafka:"1+"`
}

// ShareAcknowledgeRequestAcknowledgeTopic is part of ShareAcknowledgeRequest.
type ShareAcknowledgeRequestAcknowledgeTopic struct {
	TopicID    wire.UUID                                     `kafka:"1+"`
	Partitions []ShareAcknowledgeRequestAcknowledgePartition `kafka:"1+"`
}

// ShareAcknowledgeRequestAcknowledgePartition is part of ShareAcknowledgeRequest.
type ShareAcknowledgeRequestAcknowledgePartition struct {
	PartitionIndex         int32                                         `kafka:"1+"`
	AcknowledgementBatches []ShareAcknowledgeRequestAcknowledgementBatch `kafka:"1+"`
}

// ShareAcknowledgeRequestAcknowledgementBatch is part of ShareAcknowledgeRequest.
type ShareAcknowledgeRequestAcknowledgementBatch struct {
	FirstOffset      int64  `kafka:"1+"`
	LastOffset       int64  `kafka:"1+"`
	AcknowledgeTypes []int8 `kafka:"1+"`
}

// ShareAcknowledgeResponse is the Kafka message ShareAcknowledgeResponse.
type ShareAcknowledgeResponse struct {
	_                        struct{}                                `kafka:"key=79,versions=1-2,flexible=1+,response"`
	ThrottleTimeMs           int32                                   `kafka:"1+"`
	ErrorCode                int16                                   `kafka:"1+"`
	ErrorMessage             *string                                 `kafka:"1+,nullable=1+,default=null"`
	AcquisitionLockTimeoutMs int32                                   `kafka:"2+"`
	Responses                []ShareAcknowledgeResponseTopicResponse `kafka:"1+"`
	NodeEndpoints            []ShareAcknowledgeResponseNodeEndpoint  `kafka:"1+"`
}

// ShareAcknowledgeResponseTopicResponse is part of ShareAcknowledgeResponse.
type ShareAcknowledgeResponseTopicResponse struct {
	TopicID    wire.UUID                               `kafka:"1+"`
	Partitions []ShareAcknowledgeResponsePartitionData `kafka:"1+"`
}

// ShareAcknowledgeResponsePartitionData is part of ShareAcknowledgeResponse.
type ShareAcknowledgeResponsePartitionData struct {
	PartitionIndex int32                                    `kafka:"1+"`
	ErrorCode      int16                                    `kafka:"1+"`
	ErrorMessage   *string                                  `kafka:"1+,nullable=1+,default=null"`
	CurrentLeader  ShareAcknowledgeResponseLeaderIDAndEpoch `kafka:"1+"`
}

// ShareAcknowledgeResponseLeaderIDAndEpoch is part of ShareAcknowledgeResponse.
type ShareAcknowledgeResponseLeaderIDAndEpoch struct {
	LeaderID    int32 `kafka:"1+"`
	LeaderEpoch int32 `kafka:"1+"`
}

// ShareAcknowledgeResponseNodeEndpoint is part of ShareAcknowledgeResponse.
type ShareAcknowledgeResponseNodeEndpoint struct {
	NodeID int32   `kafka:"1+"`
	Host   string  `kafka:"1+"`
	Port   int32   `kafka:"1+"`
	Rack   *string `kafka:"1+,nullable=1+,default=null"`
}
