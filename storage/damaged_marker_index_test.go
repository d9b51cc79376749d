package storage

import (
	"os"
	"slices"
	"testing"

	"github.com/gregorhq/gregor/record"
	"github.com/gregorhq/gregor/vfs"
)

// A damaged abort marker removes no entry from the transaction index at a clean start.
func TestCleanStopDamagedMarker(t *testing.T) {
	for _, at := range []int64{17, 68, 69} {
		for _, roll := range []bool{false, true} {
			c := testConfig()
			fsys := vfs.NewMem()
			o := testOptions(fsys, c)
			l := mustOpen(t, o)
			mustAppend(t, l, keyed(t, record.BuilderOptions{LeaderEpoch: -1, Transactional: true, Producer: &record.Producer{ID: 7, Sequence: 0}}, "k=aborted"))
			pos := l.active().size.Load()
			name := l.active().path(".log")
			m := record.EndTxnMarker{Commit: false}.Build(0, 1000, 0, 7, 0)
			_, err := l.AppendAsLeader(slices.Clone(m), AppendOptions{LeaderEpoch: 1, NowMs: 1000, Origin: OriginCoordinator})
			check(t, err)
			mustAppend(t, l, keyed(t, record.BuilderOptions{LeaderEpoch: -1}, "b=plain"))
			if roll {
				check(t, l.Roll(1000))
				mustAppend(t, l, keyed(t, record.BuilderOptions{LeaderEpoch: -1}, "b=plain"))
			}
			check(t, l.Sync(l.LogEndOffset()))
			l.SetHighWatermark(l.LogEndOffset())
			o.RecoveryPoint, o.HighWatermark = l.LogEndOffset(), l.LogEndOffset()
			check(t, l.Close(true))
			o.CleanShutdown = true
			f, err := o.FS.OpenFile(name, os.O_RDWR, vfs.FilePerm)
			check(t, err)
			b := []byte{0}
			_, err = f.ReadAt(b, pos+at)
			check(t, err)
			b[0] ^= 1
			_, err = f.WriteAt(b, pos+at)
			check(t, err)
			check(t, f.Close())
			again := mustOpen(t, o)
			again.SetHighWatermark(again.LogEndOffset())
			ab, err := again.AbortedTxns(0, again.LogEndOffset())
			if again.LastStableOffset() > 0 && len(ab) == 0 && err == nil {
				t.Errorf("  aborted record at 0 is below the LSO and in no aborted list")
			}
			again.Close(false)
		}
	}
}
