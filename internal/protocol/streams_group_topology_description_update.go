package protocol

// StreamsGroupTopologyDescriptionUpdateRequest is the Kafka message
// StreamsGroupTopologyDescriptionUpdateRequest.
type StreamsGroupTopologyDescriptionUpdateRequest struct {
	_                   struct{}                                                        `kafka:"key=93,versions=0,flexible=0+,request"`
	GroupID             string                                                          `kafka:"0+"`
	MemberID            string                                                          `kafka:"0+"`
	TopologyEpoch       int32                                                           `kafka:"0+"`
	TopologyDescription StreamsGroupTopologyDescriptionUpdateRequestTopologyDescription `kafka:"0+"`
}

// StreamsGroupTopologyDescriptionUpdateRequestTopologyDescription is part of
// StreamsGroupTopologyDescriptionUpdateRequest.
type StreamsGroupTopologyDescriptionUpdateRequestTopologyDescription struct {
	Subtopologies []StreamsGroupTopologyDescriptionUpdateRequestTopologyDescriptionSubtopology `kafka:"0+"`
	GlobalStores  []StreamsGroupTopologyDescriptionUpdateRequestTopologyDescriptionGlobalStore `kafka:"0+"`
}

// StreamsGroupTopologyDescriptionUpdateRequestTopologyDescriptionSubtopology is part of
// StreamsGroupTopologyDescriptionUpdateRequest.
type StreamsGroupTopologyDescriptionUpdateRequestTopologyDescriptionSubtopology struct {
	SubtopologyID string                                                                `kafka:"0+"`
	Nodes         []StreamsGroupTopologyDescriptionUpdateRequestTopologyDescriptionNode `kafka:"0+"`
}

// StreamsGroupTopologyDescriptionUpdateRequestTopologyDescriptionNode is part of
// StreamsGroupTopologyDescriptionUpdateRequest.
type StreamsGroupTopologyDescriptionUpdateRequestTopologyDescriptionNode struct {
	Name         string   `kafka:"0+"`
	NodeType     int8     `kafka:"0+"`
	SourceTopics []string `kafka:"0+"`
	SinkTopic    *string  `kafka:"0+,nullable=0+,default=null"`
	Stores       []string `kafka:"0+"`
	Successors   []string `kafka:"0+"`
}

// StreamsGroupTopologyDescriptionUpdateRequestTopologyDescriptionGlobalStore is part of
// StreamsGroupTopologyDescriptionUpdateRequest.
type StreamsGroupTopologyDescriptionUpdateRequestTopologyDescriptionGlobalStore struct {
	Source    StreamsGroupTopologyDescriptionUpdateRequestTopologyDescriptionNode `kafka:"0+"`
	Processor StreamsGroupTopologyDescriptionUpdateRequestTopologyDescriptionNode `kafka:"0+"`
}

// StreamsGroupTopologyDescriptionUpdateResponse is the Kafka message
// StreamsGroupTopologyDescriptionUpdateResponse.
type StreamsGroupTopologyDescriptionUpdateResponse struct {
	_              struct{} `kafka:"key=93,versions=0,flexible=0+,response"`
	ThrottleTimeMs int32    `kafka:"0+"`
	ErrorCode      int16    `kafka:"0+"`
	ErrorMessage   *string  `kafka:"0+,nullable=0+,default=null"`
}
