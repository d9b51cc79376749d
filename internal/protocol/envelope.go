package protocol

// EnvelopeRequest is the Kafka message EnvelopeRequest.
type EnvelopeRequest struct {
	_                 struct{} `kafka:"key=58,versions=0,flexible=0+,request,clusteraction"`
	RequestData       []byte   `kafka:"0+"`
	RequestPrincipal  []byte   `kafka:"0+,nullable=0+"`
	ClientHostAddress []byte   `kafka:"0+"`
}

// EnvelopeResponse is the Kafka message EnvelopeResponse.
type EnvelopeResponse struct {
	_            struct{} `kafka:"key=58,versions=0,flexible=0+,response,clusteraction"`
	ResponseData []byte   `kafka:"0+,nullable=0+,default=null"`
	ErrorCode    int16    `kafka:"0+"`
}
