package protocol

// SaslHandshakeRequest is the Kafka message SaslHandshakeRequest.
type SaslHandshakeRequest struct {
	_         struct{} `kafka:"key=17,versions=0-1,flexible=none,request"`
	Mechanism string   `kafka:"0+"`
}

// SaslHandshakeResponse is the Kafka message SaslHandshakeResponse.
type SaslHandshakeResponse struct {
	_          struct{} `kafka:"key=17,versions=0-1,flexible=none,response"`
	ErrorCode  int16    `kafka:"0+"`
	Mechanisms []string `kafka:"0+"`
}
