package storage

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/gregorhq/gregor/record"
	"github.com/gregorhq/gregor/storage/internal/producer"
	"github.com/gregorhq/gregor/vfs"
)

// A producer that repeats the batches that it had in flight gets the answers of the first try, also
// after a restart right behind a roll. The snapshot at the roll holds its last batch only. Apache
// Kafka refuses the earlier batches as out of order. test/crash found this (seed 6006, kill 342).
func TestRetriesBeforeTheSnapshotAreDuplicates(t *testing.T) {
	for _, c := range []struct {
		name string
		// between are the bytes of other producers' batches after each batch.
		between int
		segment int64
	}{
		{"in one segment", 0, 1 << 20},
		{"over several segments", 100, 512},
		{"256 KiB before the snapshot", 60 << 10, 1 << 30},
		{"2 MiB before the snapshot", 500 << 10, 1 << 20},
	} {
		for _, clean := range []bool{true, false} {
			t.Run(fmt.Sprint(c.name, ", clean ", clean), func(t *testing.T) {
				cfg := testConfig()
				cfg.SegmentBytes, cfg.MaxMessageBytes = c.segment, 1<<20
				l, m := newTestLog(t, cfg)
				offsets := map[int32]int64{}
				for seq := range int32(9) {
					offsets[seq] = mustAppend(t, l, idempotent(t, 7, seq)).FirstOffset
					if c.between > 0 {
						other := keyed(t, record.BuilderOptions{LeaderEpoch: -1, Producer: &record.Producer{ID: 8, Sequence: seq}}, "k="+strings.Repeat("v", c.between))
						mustAppend(t, l, other)
					}
				}
				if err := l.Roll(1000); err != nil {
					t.Fatal(err)
				}
				o := testOptions(m, cfg)
				o.RecoveryPoint = 0
				if clean {
					if err := l.Close(true); err != nil {
						t.Fatal(err)
					}
					o.RecoveryPoint, o.CleanShutdown = l.RecoveryPoint(), true
				} else {
					if err := l.Sync(l.LogEndOffset()); err != nil {
						t.Fatal(err)
					}
					o.FS, o.RecoveryPoint = m.CrashClone(vfs.CrashOptions{}), l.RecoveryPoint()
				}
				again := mustOpen(t, o)
				for seq := int32(4); seq < 9; seq++ {
					info, err := again.AppendAsLeader(idempotent(t, 7, seq), AppendOptions{LeaderEpoch: 1, NowMs: 1000})
					if err != nil || !info.Duplicate || info.FirstOffset != offsets[seq] {
						t.Errorf("sequence %d again: %+v, %v, want the duplicate of offset %d", seq, info, err, offsets[seq])
					}
				}
				var refused *producer.Error
				if _, err := again.AppendAsLeader(idempotent(t, 7, 10), AppendOptions{LeaderEpoch: 1, NowMs: 1000}); !errors.As(err, &refused) {
					t.Errorf("a gap in the sequence: %v", err)
				}
				mustAppend(t, again, idempotent(t, 7, 9))
			})
		}
	}
}
