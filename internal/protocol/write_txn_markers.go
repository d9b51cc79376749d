package protocol

// WriteTxnMarkersRequest is the Kafka message WriteTxnMarkersRequest.
type WriteTxnMarkersRequest struct {
	_       struct{}                                  `kafka:"key=27,versions=1-2,flexible=1+,request,clusteraction"`
	Markers []WriteTxnMarkersRequestWritableTxnMarker `kafka:"1+"`
}

// WriteTxnMarkersRequestWritableTxnMarker is part of WriteTxnMarkersRequest.
type WriteTxnMarkersRequestWritableTxnMarker struct {
	ProducerID         int64                                          `kafka:"1+"`
	ProducerEpoch      int16                                          `kafka:"1+"`
	TransactionResult  bool                                           `kafka:"1+"`
	Topics             []WriteTxnMarkersRequestWritableTxnMarkerTopic `kafka:"1+"`
	CoordinatorEpoch   int32                                          `kafka:"1+"`
	TransactionVersion int8                                           `kafka:"2+"`
}

// WriteTxnMarkersRequestWritableTxnMarkerTopic is part of WriteTxnMarkersRequest.
type WriteTxnMarkersRequestWritableTxnMarkerTopic struct {
	Name             string  `kafka:"1+"`
	PartitionIndexes []int32 `kafka:"1+"`
}

// WriteTxnMarkersResponse is the Kafka message WriteTxnMarkersResponse.
type WriteTxnMarkersResponse struct {
	_       struct{}                                         `kafka:"key=27,versions=1-2,flexible=1+,response,clusteraction"`
	Markers []WriteTxnMarkersResponseWritableTxnMarkerResult `kafka:"1+"`
}

// WriteTxnMarkersResponseWritableTxnMarkerResult is part of WriteTxnMarkersResponse.
type WriteTxnMarkersResponseWritableTxnMarkerResult struct {
	ProducerID int64                                                 `kafka:"1+"`
	Topics     []WriteTxnMarkersResponseWritableTxnMarkerTopicResult `kafka:"1+"`
}

// WriteTxnMarkersResponseWritableTxnMarkerTopicResult is part of WriteTxnMarkersResponse.
type WriteTxnMarkersResponseWritableTxnMarkerTopicResult struct {
	Name       string                                                    `kafka:"1+"`
	Partitions []WriteTxnMarkersResponseWritableTxnMarkerPartitionResult `kafka:"1+"`
}

// WriteTxnMarkersResponseWritableTxnMarkerPartitionResult is part of WriteTxnMarkersResponse.
type WriteTxnMarkersResponseWritableTxnMarkerPartitionResult struct {
	PartitionIndex int32 `kafka:"1+"`
	ErrorCode      int16 `kafka:"1+"`
}
