package storagetool

import (
	"slices"
	"strings"

	"github.com/gregorhq/gregor/internal/cli/opt"
	"github.com/gregorhq/gregor/internal/metadata"
)

// releases are the values of metadata.version by name, the first of them level 7 (MetadataVersion).
var releases = []string{
	"3.3-IV3", "3.4-IV0", "3.5-IV0", "3.5-IV1", "3.5-IV2", "3.6-IV0", "3.6-IV1", "3.6-IV2",
	"3.7-IV0", "3.7-IV1", "3.7-IV2", "3.7-IV3", "3.7-IV4", "3.8-IV0", "3.9-IV0",
	"4.0-IV0", "4.0-IV1", "4.0-IV2", "4.0-IV3", "4.1-IV0", "4.1-IV1", "4.2-IV0", "4.2-IV1", "4.3-IV0",
	"4.4-IV0", "4.4-IV1", "4.4-IV2",
}

func releaseName(level int16) string {
	if i := int(level - metadata.MinMetadataVersion); level >= metadata.MinMetadataVersion && i < len(releases) {
		return releases[i]
	}
	return ""
}

// releaseLevel finds 4.0-IV1, or 4.0 for the last of that release.
func releaseLevel(name string) (int16, error) {
	for i := len(releases) - 1; i >= 0; i-- {
		if releases[i] == name || strings.HasPrefix(releases[i], name+"-") && strings.Count(name, ".") == 1 {
			return metadata.MinMetadataVersion + int16(i), nil
		}
	}
	return 0, opt.Worded(opt.Errorf("Unknown metadata.version '%s'. Supported metadata.version are: %s", name, strings.Join(releases, ", ")),
		"%s is not a release that gregor knows; it is a release such as 4.1, or one of %s", name, strings.Join(releases, ", "))
}

// feature is one that a cluster may have, with the lowest metadata.version at which each of its
// levels is the default.
type feature struct {
	name string
	// from[i] is where level i+1 begins.
	from []int16
	// needs[i] is the metadata.version that level i+1 depends on, 0 for none.
	needs []int16
}

// features are in the order in which kafka-storage lists them.
var features = []feature{
	{metadata.FeatureKRaftVersion, []int16{21}, []int16{0}},
	{metadata.FeatureTransactionVersion, []int16{24, 24}, []int16{0, 0}},
	{metadata.FeatureGroupVersion, []int16{22}, []int16{0}},
	{metadata.FeatureELRVersion, []int16{26}, []int16{23}},
	{metadata.FeatureShareVersion, []int16{28, 31}, []int16{0, 0}},
	{metadata.FeatureStreamsVersion, []int16{29}, []int16{0}},
}

func findFeature(name string) *feature {
	for i := range features {
		if features[i].name == name {
			return &features[i]
		}
	}
	return nil
}

// at is the level that a cluster formatted at a metadata.version gets.
func (f *feature) at(version int16) (level int16) {
	for i, from := range f.from {
		if version >= from {
			level = int16(i + 1)
		}
	}
	return level
}

func featureNames() string {
	var names []string
	for _, f := range features {
		names = append(names, f.name)
	}
	slices.Sort(names)
	return strings.Join(names, ", ")
}
