package metadatarecord

// DelegationTokenRecord is the Kafka message DelegationTokenRecord.
type DelegationTokenRecord struct {
	_                   struct{} `kafka:"key=10,versions=0,flexible=0+,data"`
	Owner               string   `kafka:"0+"`
	Requester           string   `kafka:"0+"`
	Renewers            []string `kafka:"0+"`
	IssueTimestamp      int64    `kafka:"0+"`
	MaxTimestamp        int64    `kafka:"0+"`
	ExpirationTimestamp int64    `kafka:"0+"`
	TokenID             string   `kafka:"0+"`
}
