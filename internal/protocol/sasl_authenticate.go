package protocol

// SaslAuthenticateRequest is the Kafka message SaslAuthenticateRequest.
type SaslAuthenticateRequest struct {
	_         struct{} `kafka:"key=36,versions=0-2,flexible=2+,request"`
	AuthBytes []byte   `kafka:"0+"`
}

// SaslAuthenticateResponse is the Kafka message SaslAuthenticateResponse.
type SaslAuthenticateResponse struct {
	_                 struct{} `kafka:"key=36,versions=0-2,flexible=2+,response"`
	ErrorCode         int16    `kafka:"0+"`
	ErrorMessage      *string  `kafka:"0+,nullable=0+,default=\"\""`
	AuthBytes         []byte   `kafka:"0+"`
	SessionLifetimeMs int64    `kafka:"1+"`
}
