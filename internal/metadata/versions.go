package metadata

import (
	mr "github.com/gregorhq/gregor/internal/protocol/metadatarecord"
)

// Levels of metadata.version that change how something is recorded (org.apache.kafka.server.common.MetadataVersion).
const (
	// MinMetadataVersion is 3.3-IV3, the lowest that Apache Kafka 4 still runs at.
	MinMetadataVersion int16 = 7
	// LatestMetadataVersion is 4.4-IV2.
	LatestMetadataVersion int16 = 33

	// TransactionsFrom is 3.6-IV1, the first level with metadata transactions (KIP-868).
	TransactionsFrom int16 = 13

	mv34IV0 int16 = 8  // ZooKeeper migration: RegisterBrokerRecord 2
	mv37IV2 int16 = 17 // directory assignment (KIP-858)
	mv40IV1 int16 = 23 // eligible leader replicas (KIP-966)
	mv43IV0 int16 = 30 // cordoned log directories (KIP-1066)
)

// SupportedFeatures are the features that this software knows, in ascending order of name, with the levels it runs
// at and the level that a freshly formatted cluster gets, as Apache Kafka 4.4 formats one.
func SupportedFeatures() []SupportedFeature {
	return []SupportedFeature{
		{FeatureELRVersion, 0, 1, 1},
		{FeatureGroupVersion, 0, 1, 1},
		{FeatureKRaftVersion, 0, 1, 0},
		{FeatureMetadataVersion, MinMetadataVersion, LatestMetadataVersion, LatestMetadataVersion},
		{FeatureShareVersion, 0, 2, 2},
		{FeatureStreamsVersion, 0, 1, 1},
		{FeatureTransactionVersion, 0, 2, 2},
	}
}

// SupportedFeature is a feature with its supported range and default level.
type SupportedFeature struct {
	Name    string
	Min     int16
	Max     int16
	Default int16
}

// RecordVersion is the version in which a record is written at a metadata.version; others are written as version 0.
func RecordVersion(metadataVersion int16, record Record) int16 {
	switch r := record.(type) {
	case *mr.RegisterBrokerRecord:
		return registerBrokerVersion(metadataVersion)
	case *mr.PartitionRecord, *mr.PartitionChangeRecord:
		switch {
		case metadataVersion >= mv40IV1:
			return 2
		case metadataVersion >= mv37IV2:
			return 1
		}
	case *mr.BrokerRegistrationChangeRecord:
		switch {
		case r.CordonedLogDirs != nil:
			return 3
		case len(r.LogDirs) > 0:
			return 2
		case r.InControlledShutdown != 0:
			return 1
		}
	}
	return 0
}

func registerBrokerVersion(metadataVersion int16) int16 {
	switch {
	case metadataVersion >= mv43IV0:
		return 4
	case metadataVersion >= mv37IV2:
		return 3
	case metadataVersion >= mv34IV0:
		return 2
	}
	return 1
}
