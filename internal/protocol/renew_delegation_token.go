package protocol

// RenewDelegationTokenRequest is the Kafka message RenewDelegationTokenRequest.
type RenewDelegationTokenRequest struct {
	_             struct{} `kafka:"key=39,versions=1-2,flexible=2+,request"`
	HMAC          []byte   `kafka:"1+"`
	RenewPeriodMs int64    `kafka:"1+"`
}

// RenewDelegationTokenResponse is the Kafka message RenewDelegationTokenResponse.
type RenewDelegationTokenResponse struct {
	_                 struct{} `kafka:"key=39,versions=1-2,flexible=2+,response"`
	ErrorCode         int16    `kafka:"1+"`
	ExpiryTimestampMs int64    `kafka:"1+"`
	ThrottleTimeMs    int32    `kafka:"1+"`
}
