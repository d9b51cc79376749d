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

// Level returns the finalized level of a feature, or 0 when it is not finalized.
func (f Features) Level(name string) int16 {
	level, _ := f.levels.Get(name)
	return level
}

// All yields every finalized feature in ascending order of name.
func (f Features) All() iter.Seq2[string, int16] { return f.levels.All() }

// Len returns the number of finalized features.
func (f Features) Len() int { return f.levels.Len() }

// MetadataVersion returns the finalized metadata.version, or 0 before the first record.
func (f Features) MetadataVersion() int16 { return f.Level(FeatureMetadataVersion) }

// ELREnabled reports whether the controller keeps eligible leader replicas (KIP-966).
func (f Features) ELREnabled() bool { return f.Level(FeatureELRVersion) >= 1 }
