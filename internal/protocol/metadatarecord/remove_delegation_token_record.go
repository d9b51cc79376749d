package metadatarecord

// RemoveDelegationTokenRecord is the Kafka message RemoveDelegationTokenRecord.
type RemoveDelegationTokenRecord struct {
	_       struct{} `kafka:"key=26,versions=0,flexible=0+,data"`
	TokenID string   `kafka:"0+"`
}
