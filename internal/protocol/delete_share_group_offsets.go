package protocol

import "github.com/gregorhq/gregor/internal/protocol/wire"

// DeleteShareGroupOffsetsRequest is the Kafka message DeleteShareGroupOffsetsRequest.
type DeleteShareGroupOffsetsRequest struct {
	_       struct{}                                     `kafka:"key=92,versions=0,flexible=0+,request"`
	GroupID string                                       `kafka:"0+"`
	Topics  []DeleteShareGroupOffsetsRequestRequestTopic `kafka:"0+"`
}

// DeleteShareGroupOffsetsRequestRequestTopic is part of DeleteShareGroupOffsetsRequest.
type DeleteShareGroupOffsetsRequestRequestTopic struct {
	TopicName string `kafka:"0+"`
}

// DeleteShareGroupOffsetsResponse is the Kafka message DeleteShareGroupOffsetsResponse.
type DeleteShareGroupOffsetsResponse struct {
	_              struct{}                                       `kafka:"key=92,versions=0,flexible=0+,response"`
	ThrottleTimeMs int32                                          `kafka:"0+"`
	ErrorCode      int16                                          `kafka:"0+"`
	ErrorMessage   *string                                        `kafka:"0+,nullable=0+,default=null"`
	Responses      []DeleteShareGroupOffsetsResponseResponseTopic `kafka:"0+"`
}

// DeleteShareGroupOffsetsResponseResponseTopic is part of DeleteShareGroupOffsetsResponse.
type DeleteShareGroupOffsetsResponseResponseTopic struct {
	TopicName    string    `kafka:"0+"`
	TopicID      wire.UUID `kafka:"0+"`
	ErrorCode    int16     `kafka:"0+"`
	ErrorMessage *string   `kafka:"0+,nullable=0+,default=null"`
}
