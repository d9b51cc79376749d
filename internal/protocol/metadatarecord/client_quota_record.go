package metadatarecord

// ClientQuotaRecord is the Kafka message ClientQuotaRecord.
type ClientQuotaRecord struct {
	_      struct{}                      `kafka:"key=14,versions=0,flexible=0+,data"`
	Entity []ClientQuotaRecordEntityData `kafka:"0+"`
	Key    string                        `kafka:"0+"`
	Value  float64                       `kafka:"0+"`
	Remove bool                          `kafka:"0+"`
}

// ClientQuotaRecordEntityData is part of ClientQuotaRecord.
type ClientQuotaRecordEntityData struct {
	EntityType string  `kafka:"0+"`
	EntityName *string `kafka:"0+,nullable=0+,default=\"\""`
}
