package protocol

// AlterUserScramCredentialsRequest is the Kafka message AlterUserScramCredentialsRequest.
type AlterUserScramCredentialsRequest struct {
	_          struct{}                                                   `kafka:"key=51,versions=0,flexible=0+,request"`
	Deletions  []AlterUserScramCredentialsRequestScramCredentialDeletion  `kafka:"0+"`
	Upsertions []AlterUserScramCredentialsRequestScramCredentialUpsertion `kafka:"0+"`
}

// AlterUserScramCredentialsRequestScramCredentialDeletion is part of
// AlterUserScramCredentialsRequest.
type AlterUserScramCredentialsRequestScramCredentialDeletion struct {
	Name      string `kafka:"0+"`
	Mechanism int8   `kafka:"0+"`
}

// AlterUserScramCredentialsRequestScramCredentialUpsertion is part of
// AlterUserScramCredentialsRequest.
type AlterUserScramCredentialsRequestScramCredentialUpsertion struct {
	Name           string `kafka:"0+"`
	Mechanism      int8   `kafka:"0+"`
	Iterations     int32  `kafka:"0+"`
	Salt           []byte `kafka:"0+"`
	SaltedPassword []byte `kafka:"0+"`
}

// AlterUserScramCredentialsResponse is the Kafka message AlterUserScramCredentialsResponse.
type AlterUserScramCredentialsResponse struct {
	_              struct{}                                  `kafka:"key=51,versions=0,flexible=0+,response"`
	ThrottleTimeMs int32                                     `kafka:"0+"`
	Results        []AlterUserScramCredentialsResponseResult `kafka:"0+"`
}

// AlterUserScramCredentialsResponseResult is part of AlterUserScramCredentialsResponse.
type AlterUserScramCredentialsResponseResult struct {
	User         string  `kafka:"0+"`
	ErrorCode    int16   `kafka:"0+"`
	ErrorMessage *string `kafka:"0+,nullable=0+,default=\"\""`
}
