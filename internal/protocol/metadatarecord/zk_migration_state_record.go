package metadatarecord

// ZkMigrationStateRecord is the Kafka message ZkMigrationStateRecord.
type ZkMigrationStateRecord struct {
	_                struct{} `kafka:"key=21,versions=0,flexible=0+,data"`
	ZkMigrationState int8     `kafka:"0+"`
}
