package quorum

import (
	"io/fs"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/gregorhq/gregor/internal/metadata"
	"github.com/gregorhq/gregor/internal/protocol"
	"github.com/gregorhq/gregor/storage"
	"github.com/gregorhq/gregor/vfs"
)

// copyIn puts a folder of testdata into a memory file system.
func copyIn(t testing.TB, fsys vfs.FS, from, to string) {
	t.Helper()
	err := filepath.WalkDir(from, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, _ := filepath.Rel(from, path)
		dst := filepath.Join(to, rel)
		if d.IsDir() {
			return fsys.MkdirAll(dst, vfs.DirPerm)
		}
		data, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		return vfs.WriteFile(fsys, dst, data)
	})
	if err != nil {
		t.Fatal(err)
	}
}

// The folders were left by Apache Kafka 4.4.0 after a clean stop: one with controller.quorum.voters
// and two snapshots (topic x2 was deleted), one formatted with --standalone.
func TestOpenDirectoryOfApacheKafka(t *testing.T) {
	for _, tc := range []struct {
		name       string
		standalone bool
		topics     map[string]int
		epoch      int32
	}{
		{"kafka-4.4-static", false, map[string]int{"pet": 3, "t.a": 2, "auto1": 1, "x1": 2, "x3": 2}, 5},
		{"kafka-4.4-dynamic", true, map[string]int{"pet": 3}, 1},
	} {
		t.Run(tc.name, func(t *testing.T) {
			fsys := vfs.NewMem()
			copyIn(t, fsys, filepath.Join("testdata", tc.name), testDir)
			p, ok, err := storage.ReadMetaProperties(fsys, testDir)
			if err != nil || !ok {
				t.Fatal(ok, err)
			}
			o := testOptions(fsys, tc.standalone)
			o.DirectoryID = p.DirectoryID
			n := openNode(t, fsys, o, time.UnixMilli(1_900_000_000_000))
			image := n.c.Image()
			for name, partitions := range tc.topics {
				if topic := image.Topics().ByName(name); topic == nil || len(topic.Partitions) != partitions {
					t.Errorf("topic %s is %+v", name, topic)
				}
			}
			if image.Topics().Len() != len(tc.topics) {
				t.Errorf("%d topics, want %d", image.Topics().Len(), len(tc.topics))
			}
			if v := image.Features().MetadataVersion(); v != metadata.LatestMetadataVersion {
				t.Errorf("metadata.version %d", v)
			}
			if s := n.c.Status(); s.Epoch <= tc.epoch || len(s.Voters) != 1 {
				t.Errorf("status %+v", s)
			}
			n.register()
			if leader := n.c.Image().Topics().ByName("pet").Partitions[0].Leader; leader != 1 {
				t.Errorf("leader of pet-0 is %d", leader)
			}
			if err := n.create("mine", 1); err != protocol.ErrNone {
				t.Fatal(err)
			}
			n.close()
			n = openNode(t, fsys, o, n.now)
			if n.c.Image().Topics().Len() != len(tc.topics)+1 {
				t.Errorf("%d topics after a restart", n.c.Image().Topics().Len())
			}
			n.close()
		})
	}
}
