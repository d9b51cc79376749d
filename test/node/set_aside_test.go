package node_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/gregorhq/gregor"
	"github.com/gregorhq/gregor/storage"
	"github.com/gregorhq/gregor/vfs"
)

// Partitions that a start with the wrong metadata has set aside are served with their records when
// the right metadata is back. A start that is refused is right, too.
func TestSetAsidePartitionsAreServedWithTheirRecords(t *testing.T) {
	for way, wrong := range map[string]func(t *testing.T, c gregor.Config, d1, d2 string){
		"the other directory alone": func(t *testing.T, c gregor.Config, _, d2 string) {
			c.Dir, c.Properties = d2, map[string]string{"log.dirs": d2, "node.id": "1", "controller.quorum.voters": "1@127.0.0.1:29411"}
			tryStart(t, c)
		},
		"the metadata log is away": func(t *testing.T, c gregor.Config, d1, _ string) {
			folder := filepath.Join(d1, "__cluster_metadata-0")
			away := filepath.Join(d1, "..", "away")
			mustDo(t, os.Rename(folder, away))
			tryStart(t, c)
			mustDo(t, os.RemoveAll(folder))
			mustDo(t, os.Rename(away, folder))
		},
		"the folders as Apache Kafka leaves them": func(t *testing.T, _ gregor.Config, d1, d2 string) {
			for _, d := range []string{d1, d2} {
				entries, err := os.ReadDir(d)
				mustDo(t, err)
				for _, e := range entries {
					if strings.HasPrefix(e.Name(), "live-") {
						mustDo(t, os.Rename(filepath.Join(d, e.Name()), filepath.Join(d, e.Name()+"."+strings.Repeat("5a", 16)+"-stray")))
					}
				}
				for _, name := range []string{storage.RecoveryPointCheckpoint, storage.ReplicationOffsetCheckpoint} {
					mustDo(t, storage.WriteOffsetCheckpoint(vfs.OS(), filepath.Join(d, name), nil))
				}
			}
		},
	} {
		t.Run(way, func(t *testing.T) {
			root := t.TempDir()
			d1, d2 := filepath.Join(root, "d1"), filepath.Join(root, "d2")
			c := gregor.Config{Dir: d1, Addr: "127.0.0.1:0", Properties: map[string]string{
				"log.dirs": d1 + "," + d2, "node.id": "1", "controller.quorum.voters": "1@127.0.0.1:29411"}}
			b := started(t, c)
			acked := produceToNewTopic(t, b)
			mustDo(t, b.Shutdown(t.Context()))
			wrong(t, c, d1, d2)
			b = started(t, c)
			defer b.Shutdown(t.Context())
			cl, err := kgo.NewClient(kgo.SeedBrokers(b.Addr()))
			mustDo(t, err)
			defer cl.Close()
			ends, err := kadm.NewClient(cl).ListEndOffsets(t.Context(), "live")
			mustDo(t, err)
			for p, n := range acked {
				if o, ok := ends.Lookup("live", p); !ok || o.Err != nil || o.Offset != n {
					t.Errorf("live-%d: %d records acknowledged, end offset %d, error %v", p, n, o.Offset, o.Err)
				}
			}
		})
	}
}

// tryStart starts and stops a broker, if the start is not refused.
func tryStart(t *testing.T, c gregor.Config) {
	t.Helper()
	if b, err := gregor.Start(t.Context(), c); err == nil {
		mustDo(t, b.Shutdown(t.Context()))
	}
}
