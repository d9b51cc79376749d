package protocol

// FindCoordinatorRequest is the Kafka message FindCoordinatorRequest.
type FindCoordinatorRequest struct {
	_               struct{} `kafka:"key=10,versions=0-6,flexible=3+,request"`
	Key             string   `kafka:"0-3"`
	KeyType         int8     `kafka:"1+"`
	CoordinatorKeys []string `kafka:"4+"`
}

// FindCoordinatorResponse is the Kafka message FindCoordinatorResponse.
type FindCoordinatorResponse struct {
	_              struct{}                             `kafka:"key=10,versions=0-6,flexible=3+,response"`
	ThrottleTimeMs int32                                `kafka:"1+"`
	ErrorCode      int16                                `kafka:"0-3"`
	ErrorMessage   *string                              `kafka:"1-3,nullable=1-3,default=\"\""`
	NodeID         int32                                `kafka:"0-3"`
	Host           string                               `kafka:"0-3"`
	Port           int32                                `kafka:"0-3"`
	Coordinators   []FindCoordinatorResponseCoordinator `kafka:"4+"`
}

// FindCoordinatorResponseCoordinator is part of FindCoordinatorResponse.
type FindCoordinatorResponseCoordinator struct {
	Key          string  `kafka:"4+"`
	NodeID       int32   `kafka:"4+"`
	Host         string  `kafka:"4+"`
	Port         int32   `kafka:"4+"`
	ErrorCode    int16   `kafka:"4+"`
	ErrorMessage *string `kafka:"4+,nullable=4+,default=\"\""`
}
