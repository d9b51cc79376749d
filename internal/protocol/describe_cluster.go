package protocol

// DescribeClusterRequest is the Kafka message DescribeClusterRequest.
type DescribeClusterRequest struct {
	_                                  struct{} `kafka:"key=60,versions=0-2,flexible=0+,request"`
	IncludeClusterAuthorizedOperations bool     `kafka:"0+"`
	EndpointType                       int8     `kafka:"1+,default=1"`
	IncludeFencedBrokers               bool     `kafka:"2+"`
}

// DescribeClusterResponse is the Kafka message DescribeClusterResponse.
type DescribeClusterResponse struct {
	_                           struct{}                        `kafka:"key=60,versions=0-2,flexible=0+,response"`
	ThrottleTimeMs              int32                           `kafka:"0+"`
	ErrorCode                   int16                           `kafka:"0+"`
	ErrorMessage                *string                         `kafka:"0+,nullable=0+,default=null"`
	EndpointType                int8                            `kafka:"1+,default=1"`
	ClusterID                   string                          `kafka:"0+"`
	ControllerID                int32                           `kafka:"0+,default=-1"`
	Brokers                     []DescribeClusterResponseBroker `kafka:"0+"`
	ClusterAuthorizedOperations int32                           `kafka:"0+,default=-2147483648"`
}

// DescribeClusterResponseBroker is part of DescribeClusterResponse.
type DescribeClusterResponseBroker struct {
	BrokerID int32   `kafka:"0+"`
	Host     string  `kafka:"0+"`
	Port     int32   `kafka:"0+"`
	Rack     *string `kafka:"0+,nullable=0+,default=null"`
	IsFenced bool    `kafka:"2+"`
}
