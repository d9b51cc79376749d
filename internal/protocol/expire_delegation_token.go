package protocol

// ExpireDelegationTokenRequest is the Kafka message ExpireDelegationTokenRequest.
type ExpireDelegationTokenRequest struct {
	_                  struct{} `kafka:"key=40,versions=1-2,flexible=2+,request"`
	HMAC               []byte   `kafka:"1+"`
	ExpiryTimePeriodMs int64    `kafka:"1+"`
}

// ExpireDelegationTokenResponse is the Kafka message ExpireDelegationTokenResponse.
type ExpireDelegationTokenResponse struct {
	_                 struct{} `kafka:"key=40,versions=1-2,flexible=2+,response"`
	ErrorCode         int16    `kafka:"1+"`
	ExpiryTimestampMs int64    `kafka:"1+"`
	ThrottleTimeMs    int32    `kafka:"1+"`
}
