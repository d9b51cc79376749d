package node_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/gregorhq/gregor"
	"github.com/gregorhq/gregor/vfs"
)

// life is one run of a broker: a value for message.max.bytes, and whether a snapshot of the
// metadata holds it at the end.
type life struct {
	limit    int
	snapshot bool
}

// TestDescribedValueIsInForceAfterEveryRestart sets message.max.bytes on all brokers and
// restarts without a snapshot of the metadata, with a snapshot from before the last change, and
// with one that holds the change. A produce request must meet the value that DescribeConfigs
// returns.
func TestDescribedValueIsInForceAfterEveryRestart(t *testing.T) {
	for name, lives := range map[string][]life{
		"no snapshot":      {{limit: 1000}},
		"old snapshot":     {{limit: 7000, snapshot: true}, {limit: 1000}},
		"current snapshot": {{limit: 1000, snapshot: true}},
	} {
		for _, killed := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, killed %v", name, killed), func(t *testing.T) {
				ctx, mem := bounded(t), vfs.NewMem()
				last := 0
				for _, l := range lives {
					liveOnce(t, ctx, mem, l, killed)
					last = l.limit
				}
				b := start(t, gregor.Config{FS: mem})
				c := client(t, b, kgo.ProducerBatchCompression(kgo.NoCompression()))
				described, err := kadm.NewClient(c).DescribeBrokerConfigs(ctx, 1)
				if err != nil {
					t.Fatal(err)
				}
				for _, entry := range described[0].Configs {
					if entry.Key == "message.max.bytes" && entry.MaybeValue() != fmt.Sprint(last) {
						t.Errorf("described as %s, set to %d", entry.MaybeValue(), last)
					}
				}
				if refused := tooLarge(t, ctx, c, "t"); refused != (last < 5000) {
					t.Errorf("message.max.bytes=%d, and 5000 bytes are refused: %v", last, refused)
				}
			})
		}
	}
}

func liveOnce(t *testing.T, ctx context.Context, mem *vfs.Mem, l life, killed bool) {
	t.Helper()
	between := "100000000"
	if l.snapshot {
		between = "1"
	}
	b, err := gregor.Start(ctx, gregor.Config{FS: mem, Topics: []gregor.Topic{{Name: "t"}},
		Properties: map[string]string{"metadata.log.max.record.bytes.between.snapshots": between}})
	if err != nil {
		t.Fatal(err)
	}
	c := client(t, b)
	limit := fmt.Sprint(l.limit)
	alter(t, ctx, kadm.NewClient(c), "", "message.max.bytes", &limit)
	c.Close()
	if l.snapshot {
		eventually(t, ctx, "a snapshot with the setting", func() bool { return snapshotHolds(t, mem, "message.max.bytes", limit) })
	}
	if killed {
		b.Kill()
	} else if err := b.Shutdown(ctx); err != nil {
		t.Fatal(err)
	}
}

// snapshotHolds looks for a key and its value in the snapshots of the metadata. A record holds one
// after the other.
func snapshotHolds(t *testing.T, mem *vfs.Mem, key, value string) bool {
	t.Helper()
	const dir = "/data/__cluster_metadata-0"
	entries, err := mem.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if !strings.HasSuffix(e.Name(), ".checkpoint") {
			continue
		}
		text, err := vfs.ReadFile(mem, dir+"/"+e.Name())
		if err != nil {
			return false // the broker is replacing the snapshot
		}
		if _, rest, ok := strings.Cut(string(text), key); ok && strings.HasPrefix(rest[1:], value) {
			return true
		}
	}
	return false
}
