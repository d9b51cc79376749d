package metadatarecord

// FeatureLevelRecord is the Kafka message FeatureLevelRecord.
type FeatureLevelRecord struct {
	_            struct{} `kafka:"key=12,versions=0,flexible=0+,data"`
	Name         string   `kafka:"0+"`
	FeatureLevel int16    `kafka:"0+"`
}
