package metadatarecord

// RemoveUserScramCredentialRecord is the Kafka message RemoveUserScramCredentialRecord.
type RemoveUserScramCredentialRecord struct {
	_         struct{} `kafka:"key=22,versions=0,flexible=0+,data"`
	Name      string   `kafka:"0+"`
	Mechanism int8     `kafka:"0+"`
}
