package storage

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gregorhq/gregor/record"
	"github.com/gregorhq/gregor/storage/internal/producer"
	"github.com/gregorhq/gregor/vfs"
)

func idempotent(t *testing.T, id int64, seq int32) record.Batch {
	t.Helper()
	return keyed(t, record.BuilderOptions{LeaderEpoch: -1, Producer: &record.Producer{ID: id, Sequence: seq}}, "k=v")
}

// The number of producers of a partition is bounded by its configuration, in the process, in
// snapshots and after a recovery. An active producer keeps its state.
func TestProducersOfALogAreBounded(t *testing.T) {
	c := testConfig()
	c.SegmentBytes = 2000
	l, m := newTestLog(t, c)
	l.SetProducerLimits(1<<40, 50)
	for i := range 500 {
		mustAppend(t, l, idempotent(t, int64(100+i), 0))
		if i%10 == 0 {
			mustAppend(t, l, idempotent(t, 7, int32(i/10)))
		}
		if n := l.ProducerCount(); n > 50 {
			t.Fatalf("%d producers after %d", n, i)
		}
	}
	if err := l.Sync(l.LogEndOffset()); err != nil {
		t.Fatal(err)
	}
	want := fmt.Sprint(l.Producers())
	if info := mustAppend(t, l, idempotent(t, 7, 49)); !info.Duplicate {
		t.Error("the retry of an active producer is not recognised")
	}
	for _, keep := range []float64{0, 1} {
		o := testOptions(m.CrashClone(vfs.CrashOptions{Keep: keep}), c)
		o.RecoveryPoint, o.MaxProducerIDs = l.RecoveryPoint(), 50
		again := mustOpen(t, o)
		if got := fmt.Sprint(again.Producers()); got != want {
			t.Errorf("producers after a power cut\n%s, want\n%s", got, want)
		}
	}
}

// An append that rolls does not write the producer snapshot, which may be large. The next sync
// writes it, with the state of the roll.
func TestRollLeavesTheSnapshotToTheSync(t *testing.T) {
	disk := vfs.NewMem()
	if err := disk.MkdirAll(filepath.Dir(testDir), vfs.DirPerm); err != nil {
		t.Fatal(err)
	}
	appending := false
	var snapshots []string
	fsys := vfs.WithHook(disk, func(op vfs.Op) error {
		if strings.HasSuffix(op.Path, producer.SnapshotSuffix) {
			if appending {
				t.Error("an append waits for", op)
			}
			if op.Kind == vfs.OpCreate {
				snapshots = append(snapshots, filepath.Base(op.Path))
			}
		}
		return nil
	})
	c := testConfig()
	c.SegmentBytes = 600
	l := mustOpen(t, testOptions(fsys, c))
	for i := range 40 {
		appending = true
		mustAppend(t, l, idempotent(t, 7, int32(i)))
		appending = false
	}
	if len(snapshots) > 0 || l.SegmentCount() < 5 {
		t.Fatal(snapshots, l.SegmentCount())
	}
	if err := l.Sync(40); err != nil {
		t.Fatal(err)
	}
	if len(snapshots) != l.SegmentCount()-1 {
		t.Errorf("%d segments, snapshots %v", l.SegmentCount(), snapshots)
	}
	for _, s := range l.Segments()[1:] {
		b, err := vfs.ReadFile(disk, filepath.Join(testDir, producer.SnapshotName(s.BaseOffset)))
		if err != nil {
			t.Fatal(err)
		}
		entries, err := DecodeProducerSnapshot(b)
		if err != nil || len(entries) != 1 || entries[0].LastOffset != s.BaseOffset-1 {
			t.Errorf("the snapshot of %d has %+v, %v", s.BaseOffset, entries, err)
		}
	}
}
