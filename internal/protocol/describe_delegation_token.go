package protocol

// DescribeDelegationTokenRequest is the Kafka message DescribeDelegationTokenRequest.
type DescribeDelegationTokenRequest struct {
	_      struct{}                              `kafka:"key=41,versions=1-3,flexible=2+,request"`
	Owners []DescribeDelegationTokenRequestOwner `kafka:"1+,nullable=1+"`
}

// DescribeDelegationTokenRequestOwner is part of DescribeDelegationTokenRequest.
type DescribeDelegationTokenRequestOwner struct {
	PrincipalType string `kafka:"1+"`
	PrincipalName string `kafka:"1+"`
}

// DescribeDelegationTokenResponse is the Kafka message DescribeDelegationTokenResponse.
type DescribeDelegationTokenResponse struct {
	_              struct{}                                                  `kafka:"key=41,versions=1-3,flexible=2+,response"`
	ErrorCode      int16                                                     `kafka:"1+"`
	Tokens         []DescribeDelegationTokenResponseDescribedDelegationToken `kafka:"1+"`
	ThrottleTimeMs int32                                                     `kafka:"1+"`
}

// DescribeDelegationTokenResponseDescribedDelegationToken is part of
// DescribeDelegationTokenResponse.
type DescribeDelegationTokenResponseDescribedDelegationToken struct {
	PrincipalType               string                                                           `kafka:"1+"`
	PrincipalName               string                                                           `kafka:"1+"`
	TokenRequesterPrincipalType string                                                           `kafka:"3+"`
	TokenRequesterPrincipalName string                                                           `kafka:"3+"`
	IssueTimestamp              int64                                                            `kafka:"1+"`
	ExpiryTimestamp             int64                                                            `kafka:"1+"`
	MaxTimestamp                int64                                                            `kafka:"1+"`
	TokenID                     string                                                           `kafka:"1+"`
	HMAC                        []byte                                                           `kafka:"1+"`
	Renewers                    []DescribeDelegationTokenResponseDescribedDelegationTokenRenewer `kafka:"1+"`
}

// DescribeDelegationTokenResponseDescribedDelegationTokenRenewer is part of
// DescribeDelegationTokenResponse.
type DescribeDelegationTokenResponseDescribedDelegationTokenRenewer struct {
	PrincipalType string `kafka:"1+"`
	PrincipalName string `kafka:"1+"`
}
