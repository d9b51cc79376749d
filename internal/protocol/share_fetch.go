package protocol

import "github.com/gregorhq/gregor/internal/protocol/wire"

// ShareFetchRequest is the Kafka message ShareFetchRequest.
type ShareFetchRequest struct {
	_                   struct{}                          `kafka:"key=78,versions=1-2,flexible=1+,request"`
	GroupID             *string                           `kafka:"1+,nullable=1+,default=null"`
	MemberID            *string                           `kafka:"1+,nullable=1+,default=\"\""`
	ShareSessionEpoch   int32                             `kafka:"1+"`
	MaxWaitMs           int32                             `kafka:"1+"`
	MinBytes            int32                             `kafka:"1+"`
	MaxBytes            int32                             `kafka:"1+,default=2147483647"`
	MaxRecords          int32                             `kafka:"1+"`
	BatchSize           int32                             `kafka:"1+"`
	ShareAcquireMode    int8                              `kafka:"2+"`
	IsRenewAck          bool                              `kafka:"2+"`
	Topics              []ShareFetchRequestFetchTopic     `kafka:"1+"`
	ForgottenTopicsData []ShareFetchRequestForgottenTopic `kafka:"1+"`
}

// ShareFetchRequestFetchTopic is part of ShareFetchRequest.
type ShareFetchRequestFetchTopic struct {
	TopicID    wire.UUID                         `kafka:"1+"`
	Partitions []ShareFetchRequestFetchPartition `kafka:"1+"`
}

// ShareFetchRequestFetchPartition is part of ShareFetchRequest.
type ShareFetchRequestFetchPartition struct {
	PartitionIndex         int32                                   `kafka:"1+"`
	AcknowledgementBatches []ShareFetchRequestAcknowledgementBatch `kafka:"1+"`
}

// ShareFetchRequestAcknowledgementBatch is part of ShareFetchRequest.
type ShareFetchRequestAcknowledgementBatch struct {
	FirstOffset      int64  `kafka:"1+"`
	LastOffset       int64  `kafka:"1+"`
	AcknowledgeTypes []int8 `kafka:"1+"`
}

// ShareFetchRequestForgottenTopic is part of ShareFetchRequest.
type ShareFetchRequestForgottenTopic struct {
	TopicID    wire.UUID `kafka:"1+"`
	Partitions []int32   `kafka:"1+"`
}

// ShareFetchResponse is the Kafka message ShareFetchResponse.
type ShareFetchResponse struct {
	_                        struct{}                                        `kafka:"key=78,versions=1-2,flexible=1+,response"`
	ThrottleTimeMs           int32                                           `kafka:"1+"`
	ErrorCode                int16                                           `kafka:"1+"`
	ErrorMessage             *string                                         `kafka:"1+,nullable=1+,default=null"`
	AcquisitionLockTimeoutMs int32                                           `kafka:"1+"`
	Responses                []ShareFetchResponseShareFetchableTopicResponse `kafka:"1+"`
	NodeEndpoints            []ShareFetchResponseNodeEndpoint                `kafka:"1+"`
}

// ShareFetchResponseShareFetchableTopicResponse is part of ShareFetchResponse.
type ShareFetchResponseShareFetchableTopicResponse struct {
	TopicID    wire.UUID                         `kafka:"1+"`
	Partitions []ShareFetchResponsePartitionData `kafka:"1+"`
}

// ShareFetchResponsePartitionData is part of ShareFetchResponse.
type ShareFetchResponsePartitionData struct {
	PartitionIndex          int32                               `kafka:"1+"`
	ErrorCode               int16                               `kafka:"1+"`
	ErrorMessage            *string                             `kafka:"1+,nullable=1+,default=null"`
	AcknowledgeErrorCode    int16                               `kafka:"1+"`
	AcknowledgeErrorMessage *string                             `kafka:"1+,nullable=1+,default=null"`
	CurrentLeader           ShareFetchResponseLeaderIDAndEpoch  `kafka:"1+"`
	Records                 wire.Records                        `kafka:"1+"`
	AcquiredRecords         []ShareFetchResponseAcquiredRecords `kafka:"1+"`
}

// ShareFetchResponseLeaderIDAndEpoch is part of ShareFetchResponse.
type ShareFetchResponseLeaderIDAndEpoch struct {
	LeaderID    int32 `kafka:"1+"`
	LeaderEpoch int32 `kafka:"1+"`
}

// ShareFetchResponseAcquiredRecords is part of ShareFetchResponse.
type ShareFetchResponseAcquiredRecords struct {
	FirstOffset   int64 `kafka:"1+"`
	LastOffset    int64 `kafka:"1+"`
	DeliveryCount int16 `kafka:"1+"`
}

// ShareFetchResponseNodeEndpoint is part of ShareFetchResponse.
type ShareFetchResponseNodeEndpoint struct {
	NodeID int32   `kafka:"1+"`
	Host   string  `kafka:"1+"`
	Port   int32   `kafka:"1+"`
	Rack   *string `kafka:"1+,nullable=1+,default=null"`
}
