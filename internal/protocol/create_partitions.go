package protocol

// CreatePartitionsRequest is the Kafka message CreatePartitionsRequest.
type CreatePartitionsRequest struct {
	_            struct{}                       `kafka:"key=37,versions=0-3,flexible=2+,request"`
	Topics       []CreatePartitionsRequestTopic `kafka:"0+"`
	TimeoutMs    int32                          `kafka:"0+"`
	ValidateOnly bool                           `kafka:"0+"`
}

// CreatePartitionsRequestTopic is part of CreatePartitionsRequest.
type CreatePartitionsRequestTopic struct {
	Name        string                              `kafka:"0+"`
	Count       int32                               `kafka:"0+"`
	Assignments []CreatePartitionsRequestAssignment `kafka:"0+,nullable=0+"`
}

// CreatePartitionsRequestAssignment is part of CreatePartitionsRequest.
type CreatePartitionsRequestAssignment struct {
	BrokerIDs []int32 `kafka:"0+"`
}

// CreatePartitionsResponse is the Kafka message CreatePartitionsResponse.
type CreatePartitionsResponse struct {
	_              struct{}                              `kafka:"key=37,versions=0-3,flexible=2+,response"`
	ThrottleTimeMs int32                                 `kafka:"0+"`
	Results        []CreatePartitionsResponseTopicResult `kafka:"0+"`
}

// CreatePartitionsResponseTopicResult is part of CreatePartitionsResponse.
type CreatePartitionsResponseTopicResult struct {
	Name         string  `kafka:"0+"`
	ErrorCode    int16   `kafka:"0+"`
	ErrorMessage *string `kafka:"0+,nullable=0+,default=null"`
}
