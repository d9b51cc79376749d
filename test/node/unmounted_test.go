package node_test

import (
	"context"
	"os"
	"path/filepath"
	"testing"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/gregorhq/gregor"
)

// The records that partitions of a new topic acknowledge are never replaced by an empty log,
// whether the disk of their directory was unmounted before the creation, or their folders vanish
// just after it.
func TestAcknowledgedRecordsOfANewTopicAreNotReplacedByAnEmptyLog(t *testing.T) {
	for _, way := range []string{"unmounted", "gone", "folders removed", "folders removed, one directory"} {
		t.Run(way, func(t *testing.T) {
			ctx, root := t.Context(), t.TempDir()
			d1, d2 := filepath.Join(root, "d1"), filepath.Join(root, "d2")
			c := gregor.Config{Dir: d1, Addr: "127.0.0.1:0", Properties: map[string]string{"log.dirs": d1 + "," + d2}}
			if way == "folders removed, one directory" {
				c, d2 = gregor.Config{Dir: d1, Addr: "127.0.0.1:0"}, d1
			}
			b := started(t, c)
			switch way {
			case "unmounted":
				mustDo(t, os.Rename(d2, d2+".disk"))
				mustDo(t, os.Mkdir(d2, 0o755)) // the mount point
			case "gone":
				mustDo(t, os.Rename(d2, d2+".disk"))
			}
			acked := produceToNewTopic(t, b)
			b.Kill()
			folders, err := filepath.Glob(filepath.Join(d2, "live-*"))
			mustDo(t, err)
			if way == "unmounted" || way == "gone" {
				if len(folders) > 0 {
					t.Errorf("below the mount point: %q", folders)
				}
				mustDo(t, os.RemoveAll(d2))
				mustDo(t, os.Rename(d2+".disk", d2))
			} else {
				for _, f := range folders {
					mustDo(t, os.RemoveAll(f))
				}
			}
			b = started(t, c)
			defer b.Shutdown(context.Background())
			cl, err := kgo.NewClient(kgo.SeedBrokers(b.Addr()))
			mustDo(t, err)
			defer cl.Close()
			ends, _ := kadm.NewClient(cl).ListEndOffsets(ctx, "live") // fails for partitions without a leader
			for p, n := range acked {
				if o, ok := ends.Lookup("live", p); ok && o.Err == nil && o.Offset < n {
					t.Errorf("live-%d: %d records acknowledged, served with end offset %d and no error", p, n, o.Offset)
				}
			}
		})
	}
}

// produceToNewTopic creates a topic of 4 partitions and returns the acknowledged records of each.
func produceToNewTopic(t *testing.T, b *gregor.Broker) map[int32]int64 {
	t.Helper()
	ctx := t.Context()
	cl, err := kgo.NewClient(kgo.SeedBrokers(b.Addr()), kgo.RecordPartitioner(kgo.ManualPartitioner()), kgo.RecordRetries(1))
	mustDo(t, err)
	defer cl.Close()
	if _, err := kadm.NewClient(cl).CreateTopic(ctx, 4, 1, nil, "live"); err != nil {
		t.Fatal(err)
	}
	acked := map[int32]int64{}
	for p := range int32(4) {
		if cl.ProduceSync(ctx, &kgo.Record{Topic: "live", Partition: p, Value: []byte("x")}).FirstErr() == nil {
			acked[p]++
		}
	}
	if len(acked) != 4 {
		t.Errorf("%d partitions of a new topic work, although one directory does", len(acked))
	}
	return acked
}

func started(t *testing.T, c gregor.Config) *gregor.Broker {
	t.Helper()
	b, err := gregor.Start(t.Context(), c)
	mustDo(t, err)
	return b
}

func mustDo(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
