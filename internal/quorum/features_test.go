package quorum

import (
	"maps"
	"testing"
	"time"

	"github.com/gregorhq/gregor/internal/metadata"
	"github.com/gregorhq/gregor/vfs"
)

// A new cluster finalizes the features that are served, and no other.
func TestNewClusterFinalizesServedFeatures(t *testing.T) {
	fsys := vfs.NewMem()
	formatTest(t, fsys, true)
	n := openNode(t, fsys, testOptions(fsys, true), time.UnixMilli(1_800_000_000_000))
	defer n.close()
	got := maps.Collect(n.c.Image().Features().All())
	want := map[string]int16{metadata.FeatureMetadataVersion: metadata.LatestMetadataVersion, metadata.FeatureELRVersion: 1}
	if !maps.Equal(got, want) {
		t.Errorf("finalized %v, want %v", got, want)
	}
}

// A directory of Apache Kafka has features finalized that this software does not serve. The broker
// registers all the same.
func TestDirectoryWithUnservedFeaturesOpens(t *testing.T) {
	fsys := vfs.NewMem()
	copyIn(t, fsys, "testdata/kafka-4.4-static", testDir)
	n := openNode(t, fsys, testOptions(fsys, false), time.UnixMilli(1_900_000_000_000))
	defer n.close()
	if n.c.Image().Features().Level(metadata.FeatureShareVersion) == 0 {
		t.Fatal("the directory has no unserved feature")
	}
	n.register()
}
