package metadata

import (
	mr "github.com/gregorhq/gregor/internal/protocol/metadatarecord"
)

// Levels of metadata.version that change the format of a record
// (org.apache.kafka.server.common.MetadataVersion).
const (
	// MinMetadataVersion is 3.3-IV3, the lowest level that Apache Kafka 4 supports.
	MinMetadataVersion int16 = 7
	// LatestMetadataVersion is 4.4-IV2.
	LatestMetadataVersion int16 = 33

	// TransactionsFrom is 3.6-IV1, the first level with metadata transactions (KIP-868).
	TransactionsFrom int16 = 13
	// ControllerRegistrationFrom is 3.7-IV0, the first level with registrations of controllers
	// (KIP-919).
	ControllerRegistrationFrom int16 = 15
	// DirectoriesFrom is 3.7-IV2, the first level with log directories in the metadata (KIP-858).
	DirectoriesFrom int16 = 17
	// CordonedFrom is 4.3-IV0, the first level with cordoned log directories (KIP-1066).
	CordonedFrom int16 = 30

	mv34IV0 int16 = 8  // ZooKeeper migration: RegisterBrokerRecord 2
	mv40IV1 int16 = 23 // eligible leader replicas (KIP-966)
)

// SupportedFeatures returns the features that this software can read in a metadata log, in
// ascending order of name.
func SupportedFeatures() []SupportedFeature {
	return []SupportedFeature{
		{Name: FeatureELRVersion, Max: 1, Default: 1, Served: true},
		{Name: FeatureGroupVersion, Max: 1},
		{Name: FeatureKRaftVersion, Max: 1, Served: true},
		{Name: FeatureMetadataVersion, Min: MinMetadataVersion, Max: LatestMetadataVersion, Default: LatestMetadataVersion, Served: true},
		{Name: FeatureShareVersion, Max: 2},
		{Name: FeatureStreamsVersion, Max: 1},
		{Name: FeatureTransactionVersion, Max: 2},
	}
}

// SupportedFeature is a feature with its supported range.
type SupportedFeature struct {
	Name string
	Min  int16
	Max  int16
	// Default is the level of a newly formatted cluster. It is Apache Kafka 4.4's default for a
	// served feature and 0 for others.
	Default int16
	// Served reports whether this software serves the APIs of the feature. A feature that is not
	// served is not finalized in a new cluster, and clients do not see it. A directory of Apache
	// Kafka may have it finalized. Therefore brokers register with its range.
	Served bool
}

// FeatureServed reports whether this software serves the APIs of a feature.
func FeatureServed(name string) bool {
	for _, f := range SupportedFeatures() {
		if f.Name == name {
			return f.Served
		}
	}
	return false
}

// RecordVersion returns the version in which a record is written at a metadata.version. Fields that
// this version lacks are not written.
func RecordVersion(metadataVersion int16, record Record) int16 {
	switch r := record.(type) {
	case *mr.RegisterBrokerRecord:
		return registerBrokerVersion(metadataVersion)
	case *mr.PartitionRecord, *mr.PartitionChangeRecord:
		switch {
		case metadataVersion >= mv40IV1:
			return 2
		case metadataVersion >= DirectoriesFrom:
			return 1
		}
	case *mr.BrokerRegistrationChangeRecord:
		switch {
		case r.CordonedLogDirs != nil && metadataVersion >= CordonedFrom:
			return 3
		case len(r.LogDirs) > 0 && metadataVersion >= DirectoriesFrom:
			return 2
		case r.InControlledShutdown != 0:
			return 1
		}
	}
	return 0
}

func registerBrokerVersion(metadataVersion int16) int16 {
	switch {
	case metadataVersion >= CordonedFrom:
		return 4
	case metadataVersion >= DirectoriesFrom:
		return 3
	case metadataVersion >= mv34IV0:
		return 2
	}
	return 1
}
