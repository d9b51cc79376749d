package protocol

// CreateDelegationTokenRequest is the Kafka message CreateDelegationTokenRequest.
type CreateDelegationTokenRequest struct {
	_                  struct{}                                        `kafka:"key=38,versions=1-3,flexible=2+,request"`
	OwnerPrincipalType *string                                         `kafka:"3+,nullable=3+,default=\"\""`
	OwnerPrincipalName *string                                         `kafka:"3+,nullable=3+,default=\"\""`
	Renewers           []CreateDelegationTokenRequestCreatableRenewers `kafka:"1+"`
	MaxLifetimeMs      int64                                           `kafka:"1+"`
}

// CreateDelegationTokenRequestCreatableRenewers is part of CreateDelegationTokenRequest.
type CreateDelegationTokenRequestCreatableRenewers struct {
	PrincipalType string `kafka:"1+"`
	PrincipalName string `kafka:"1+"`
}

// CreateDelegationTokenResponse is the Kafka message CreateDelegationTokenResponse.
type CreateDelegationTokenResponse struct {
	_                           struct{} `kafka:"key=38,versions=1-3,flexible=2+,response"`
	ErrorCode                   int16    `kafka:"1+"`
	PrincipalType               string   `kafka:"1+"`
	PrincipalName               string   `kafka:"1+"`
	TokenRequesterPrincipalType string   `kafka:"3+"`
	TokenRequesterPrincipalName string   `kafka:"3+"`
	IssueTimestampMs            int64    `kafka:"1+"`
	ExpiryTimestampMs           int64    `kafka:"1+"`
	MaxTimestampMs              int64    `kafka:"1+"`
	TokenID                     string   `kafka:"1+"`
	HMAC                        []byte   `kafka:"1+"`
	ThrottleTimeMs              int32    `kafka:"1+"`
}
