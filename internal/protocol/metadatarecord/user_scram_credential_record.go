package metadatarecord

// UserScramCredentialRecord is the Kafka message UserScramCredentialRecord.
type UserScramCredentialRecord struct {
	_          struct{} `kafka:"key=11,versions=0,flexible=0+,data"`
	Name       string   `kafka:"0+"`
	Mechanism  int8     `kafka:"0+"`
	Salt       []byte   `kafka:"0+"`
	StoredKey  []byte   `kafka:"0+"`
	ServerKey  []byte   `kafka:"0+"`
	Iterations int32    `kafka:"0+"`
}
