package protocol

import "github.com/gregorhq/gregor/internal/protocol/wire"

// CreateTopicsRequest is the Kafka message CreateTopicsRequest.
type CreateTopicsRequest struct {
	_            struct{}                            `kafka:"key=19,versions=2-7,flexible=5+,request"`
	Topics       []CreateTopicsRequestCreatableTopic `kafka:"2+"`
	TimeoutMs    int32                               `kafka:"2+,default=60000"`
	ValidateOnly bool                                `kafka:"2+"`
}

// CreateTopicsRequestCreatableTopic is part of CreateTopicsRequest.
type CreateTopicsRequestCreatableTopic struct {
	Name              string                                          `kafka:"2+"`
	NumPartitions     int32                                           `kafka:"2+"`
	ReplicationFactor int16                                           `kafka:"2+"`
	Assignments       []CreateTopicsRequestCreatableReplicaAssignment `kafka:"2+"`
	Configs           []CreateTopicsRequestCreatableTopicConfig       `kafka:"2+"`
}

// CreateTopicsRequestCreatableReplicaAssignment is part of CreateTopicsRequest.
type CreateTopicsRequestCreatableReplicaAssignment struct {
	PartitionIndex int32   `kafka:"2+"`
	BrokerIDs      []int32 `kafka:"2+"`
}

// CreateTopicsRequestCreatableTopicConfig is part of CreateTopicsRequest.
type CreateTopicsRequestCreatableTopicConfig struct {
	Name  string  `kafka:"2+"`
	Value *string `kafka:"2+,nullable=2+,default=\"\""`
}

// CreateTopicsResponse is the Kafka message CreateTopicsResponse.
type CreateTopicsResponse struct {
	_              struct{}                                   `kafka:"key=19,versions=2-7,flexible=5+,response"`
	ThrottleTimeMs int32                                      `kafka:"2+"`
	Topics         []CreateTopicsResponseCreatableTopicResult `kafka:"2+"`
}

// CreateTopicsResponseCreatableTopicResult is part of CreateTopicsResponse.
type CreateTopicsResponseCreatableTopicResult struct {
	Name                 string                                      `kafka:"2+"`
	TopicID              wire.UUID                                   `kafka:"7+"`
	ErrorCode            int16                                       `kafka:"2+"`
	ErrorMessage         *string                                     `kafka:"2+,nullable=2+,default=\"\""`
	NumPartitions        int32                                       `kafka:"5+,default=-1"`
	ReplicationFactor    int16                                       `kafka:"5+,default=-1"`
	Configs              []CreateTopicsResponseCreatableTopicConfigs `kafka:"5+,nullable=5+"`
	TopicConfigErrorCode int16                                       `kafka:"5+,tag=0"`
}

// CreateTopicsResponseCreatableTopicConfigs is part of CreateTopicsResponse.
type CreateTopicsResponseCreatableTopicConfigs struct {
	Name         string  `kafka:"5+"`
	Value        *string `kafka:"5+,nullable=5+,default=\"\""`
	ReadOnly     bool    `kafka:"5+"`
	ConfigSource int8    `kafka:"5+,default=-1"`
	IsSensitive  bool    `kafka:"5+"`
}
