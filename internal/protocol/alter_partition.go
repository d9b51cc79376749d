package protocol

import "github.com/gregorhq/gregor/internal/protocol/wire"

// AlterPartitionRequest is the Kafka message AlterPartitionRequest.
type AlterPartitionRequest struct {
	_           struct{}                         `kafka:"key=56,versions=2-3,flexible=2+,request,clusteraction"`
	BrokerID    int32                            `kafka:"2+"`
	BrokerEpoch int64                            `kafka:"2+,default=-1"`
	Topics      []AlterPartitionRequestTopicData `kafka:"2+"`
}

// AlterPartitionRequestTopicData is part of AlterPartitionRequest.
type AlterPartitionRequestTopicData struct {
	TopicID    wire.UUID                            `kafka:"2+"`
	Partitions []AlterPartitionRequestPartitionData `kafka:"2+"`
}

// AlterPartitionRequestPartitionData is part of AlterPartitionRequest.
type AlterPartitionRequestPartitionData struct {
	PartitionIndex      int32                              `kafka:"2+"`
	LeaderEpoch         int32                              `kafka:"2+"`
	NewISR              []int32                            `kafka:"2"`
	NewISRWithEpochs    []AlterPartitionRequestBrokerState `kafka:"3+"`
	LeaderRecoveryState int8                               `kafka:"2+"`
	PartitionEpoch      int32                              `kafka:"2+"`
}

// AlterPartitionRequestBrokerState is part of AlterPartitionRequest.
type AlterPartitionRequestBrokerState struct {
	BrokerID    int32 `kafka:"3+"`
	BrokerEpoch int64 `kafka:"3+,default=-1"`
}

// AlterPartitionResponse is the Kafka message AlterPartitionResponse.
type AlterPartitionResponse struct {
	_              struct{}                          `kafka:"key=56,versions=2-3,flexible=2+,response,clusteraction"`
	ThrottleTimeMs int32                             `kafka:"2+"`
	ErrorCode      int16                             `kafka:"2+"`
	Topics         []AlterPartitionResponseTopicData `kafka:"2+"`
}

// AlterPartitionResponseTopicData is part of AlterPartitionResponse.
type AlterPartitionResponseTopicData struct {
	TopicID    wire.UUID                             `kafka:"2+"`
	Partitions []AlterPartitionResponsePartitionData `kafka:"2+"`
}

// AlterPartitionResponsePartitionData is part of AlterPartitionResponse.
type AlterPartitionResponsePartitionData struct {
	PartitionIndex      int32   `kafka:"2+"`
	ErrorCode           int16   `kafka:"2+"`
	LeaderID            int32   `kafka:"2+"`
	LeaderEpoch         int32   `kafka:"2+"`
	ISR                 []int32 `kafka:"2+"`
	LeaderRecoveryState int8    `kafka:"2+"`
	PartitionEpoch      int32   `kafka:"2+"`
}
