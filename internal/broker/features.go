package broker

import (
	"github.com/gregorhq/gregor/internal/handlers"
	"github.com/gregorhq/gregor/internal/metadata"
)

// apiVersionsSource implements handlers.APIVersionsSource from the published image.
type apiVersionsSource struct{ n *Node }

func (s apiVersionsSource) ClusterID() string { return s.n.ids.cluster }
func (s apiVersionsSource) NodeID() int32     { return s.n.id }

func (s apiVersionsSource) Features() ([]handlers.Feature, int64) {
	image := s.n.image.Load()
	levels := image.Features()
	var out []handlers.Feature
	for _, f := range metadata.SupportedFeatures() {
		if !f.Served {
			continue // a client would use APIs that this node refuses
		}
		level := levels.Level(f.Name)
		if f.Name == metadata.FeatureKRaftVersion {
			level = s.n.quorum.Status().KRaftVersion // it is in control records, not in the image
		}
		out = append(out, handlers.Feature{Name: f.Name, MinLevel: f.Min, MaxLevel: f.Max, Finalized: level > 0, FinalizedLevel: level})
	}
	return out, image.Offset()
}
