package protocol

import "github.com/gregorhq/gregor/internal/protocol/wire"

// MetadataRequest is the Kafka message MetadataRequest.
type MetadataRequest struct {
	_                                  struct{}                      `kafka:"key=3,versions=0-13,flexible=9+,request"`
	Topics                             []MetadataRequestRequestTopic `kafka:"0+,nullable=1+"`
	AllowAutoTopicCreation             bool                          `kafka:"4+,default=true"`
	IncludeClusterAuthorizedOperations bool                          `kafka:"8-10"`
	IncludeTopicAuthorizedOperations   bool                          `kafka:"8+"`
}

// MetadataRequestRequestTopic is part of MetadataRequest.
type MetadataRequestRequestTopic struct {
	TopicID wire.UUID `kafka:"10+"`
	Name    *string   `kafka:"0+,nullable=10+,default=\"\""`
}

// MetadataResponse is the Kafka message MetadataResponse.
type MetadataResponse struct {
	_                           struct{}                         `kafka:"key=3,versions=0-13,flexible=9+,response"`
	ThrottleTimeMs              int32                            `kafka:"3+"`
	Brokers                     []MetadataResponseResponseBroker `kafka:"0+"`
	ClusterID                   *string                          `kafka:"2+,nullable=2+,default=null"`
	ControllerID                int32                            `kafka:"1+,default=-1"`
	Topics                      []MetadataResponseResponseTopic  `kafka:"0+"`
	ClusterAuthorizedOperations int32                            `kafka:"8-10,default=-2147483648"`
	ErrorCode                   int16                            `kafka:"13+"`
}

// MetadataResponseResponseBroker is part of MetadataResponse.
type MetadataResponseResponseBroker struct {
	NodeID int32   `kafka:"0+"`
	Host   string  `kafka:"0+"`
	Port   int32   `kafka:"0+"`
	Rack   *string `kafka:"1+,nullable=1+,default=null"`
}

// MetadataResponseResponseTopic is part of MetadataResponse.
type MetadataResponseResponseTopic struct {
	ErrorCode                 int16                               `kafka:"0+"`
	Name                      *string                             `kafka:"0+,nullable=12+,default=\"\""`
	TopicID                   wire.UUID                           `kafka:"10+"`
	IsInternal                bool                                `kafka:"1+"`
	Partitions                []MetadataResponseResponsePartition `kafka:"0+"`
	TopicAuthorizedOperations int32                               `kafka:"8+,default=-2147483648"`
}

// MetadataResponseResponsePartition is part of MetadataResponse.
type MetadataResponseResponsePartition struct {
	ErrorCode       int16   `kafka:"0+"`
	PartitionIndex  int32   `kafka:"0+"`
	LeaderID        int32   `kafka:"0+"`
	LeaderEpoch     int32   `kafka:"7+,default=-1"`
	ReplicaNodes    []int32 `kafka:"0+"`
	ISRNodes        []int32 `kafka:"0+"`
	OfflineReplicas []int32 `kafka:"5+"`
}
