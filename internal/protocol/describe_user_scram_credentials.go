package protocol

// DescribeUserScramCredentialsRequest is the Kafka message DescribeUserScramCredentialsRequest.
type DescribeUserScramCredentialsRequest struct {
	_     struct{}                                      `kafka:"key=50,versions=0,flexible=0+,request"`
	Users []DescribeUserScramCredentialsRequestUserName `kafka:"0+,nullable=0+"`
}

// DescribeUserScramCredentialsRequestUserName is part of DescribeUserScramCredentialsRequest.
type DescribeUserScramCredentialsRequestUserName struct {
	Name string `kafka:"0+"`
}

// DescribeUserScramCredentialsResponse is the Kafka message DescribeUserScramCredentialsResponse.
type DescribeUserScramCredentialsResponse struct {
	_              struct{}                                     `kafka:"key=50,versions=0,flexible=0+,response"`
	ThrottleTimeMs int32                                        `kafka:"0+"`
	ErrorCode      int16                                        `kafka:"0+"`
	ErrorMessage   *string                                      `kafka:"0+,nullable=0+,default=\"\""`
	Results        []DescribeUserScramCredentialsResponseResult `kafka:"0+"`
}

// DescribeUserScramCredentialsResponseResult is part of DescribeUserScramCredentialsResponse.
type DescribeUserScramCredentialsResponseResult struct {
	User            string                                               `kafka:"0+"`
	ErrorCode       int16                                                `kafka:"0+"`
	ErrorMessage    *string                                              `kafka:"0+,nullable=0+,default=\"\""`
	CredentialInfos []DescribeUserScramCredentialsResponseCredentialInfo `kafka:"0+"`
}

// DescribeUserScramCredentialsResponseCredentialInfo is part of
// DescribeUserScramCredentialsResponse.
type DescribeUserScramCredentialsResponseCredentialInfo struct {
	Mechanism  int8  `kafka:"0+"`
	Iterations int32 `kafka:"0+"`
}
