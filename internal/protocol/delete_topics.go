package protocol

import "github.com/gregorhq/gregor/internal/protocol/wire"

// DeleteTopicsRequest is the Kafka message DeleteTopicsRequest.
type DeleteTopicsRequest struct {
	_          struct{}                              `kafka:"key=20,versions=1-6,flexible=4+,request"`
	TopicNames []string                              `kafka:"1-5"`
	Topics     []DeleteTopicsRequestDeleteTopicState `kafka:"6+"`
	TimeoutMs  int32                                 `kafka:"1+"`
}

// DeleteTopicsRequestDeleteTopicState is part of DeleteTopicsRequest.
type DeleteTopicsRequestDeleteTopicState struct {
	Name    *string   `kafka:"6+,nullable=6+,default=null"`
	TopicID wire.UUID `kafka:"6+"`
}

// DeleteTopicsResponse is the Kafka message DeleteTopicsResponse.
type DeleteTopicsResponse struct {
	_              struct{}                                   `kafka:"key=20,versions=1-6,flexible=4+,response"`
	ThrottleTimeMs int32                                      `kafka:"1+"`
	Responses      []DeleteTopicsResponseDeletableTopicResult `kafka:"1+"`
}

// DeleteTopicsResponseDeletableTopicResult is part of DeleteTopicsResponse.
type DeleteTopicsResponseDeletableTopicResult struct {
	Name         *string   `kafka:"1+,nullable=6+,default=\"\""`
	TopicID      wire.UUID `kafka:"6+"`
	ErrorCode    int16     `kafka:"1+"`
	ErrorMessage *string   `kafka:"5+,nullable=5+,default=null"`
}
