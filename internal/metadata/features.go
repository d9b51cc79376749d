package metadata

import "iter"

// Feature names (org.apache.kafka.server.common.Feature).
const (
	FeatureMetadataVersion    = "metadata.version"
	FeatureKRaftVersion       = "kraft.version"
	FeatureTransactionVersion = "transaction.version"
	FeatureGroupVersion       = "group.version"
	FeatureELRVersion         = "eligible.leader.replicas.version"
	FeatureShareVersion       = "share.version"
	FeatureStreamsVersion     = "streams.version"
)

// Features is the set of finalized feature levels.
type Features struct {
	levels Map[string, int16]
}

// Level is the finalized level of a feature, 0 when it is not finalized.
func (f Features) Level(name string) int16 {
	level, _ := f.levels.Get(name)
	return level
}

// All yields every finalized feature in ascending order of name.
func (f Features) All() iter.Seq2[string, int16] { return f.levels.All() }

// Len is the number of finalized features.
func (f Features) Len() int { return f.levels.Len() }

// MetadataVersion is the finalized metadata.version, 0 before the first record.
func (f Features) MetadataVersion() int16 { return f.Level(FeatureMetadataVersion) }

// ELREnabled tells whether eligible leader replicas are kept (KIP-966).
func (f Features) ELREnabled() bool { return f.Level(FeatureELRVersion) >= 1 }
