package storage

import (
	"math/rand/v2"
	"os"
	"slices"
	"testing"

	"github.com/gregorhq/gregor/record"
	"github.com/gregorhq/gregor/vfs"
)

// An aborted transaction whose marker is damaged stays aborted after a kill: the transaction is
// open, or its entry in the index stays.
func TestDamagedAbortMarker(t *testing.T) {
	for _, sameSeg := range []bool{true, false} {
		for _, inside := range []bool{false, true} {
			c := testConfig()
			l, disk := newTestLog(t, c)
			mustAppend(t, l, keyed(t, record.BuilderOptions{LeaderEpoch: -1, Transactional: true, Producer: &record.Producer{ID: 7, Sequence: 0}}, "k=aborted"))
			if !sameSeg {
				check(t, l.Roll(1000))
			}
			pos := l.active().size.Load()
			name := l.active().path(".log")
			m := record.EndTxnMarker{Commit: false}.Build(0, 1000, 0, 7, 0)
			_, err := l.AppendAsLeader(slices.Clone(m), AppendOptions{LeaderEpoch: 1, NowMs: 1000, Origin: OriginCoordinator})
			check(t, err)
			mustAppend(t, l, keyed(t, record.BuilderOptions{LeaderEpoch: -1}, "b=plain"))
			check(t, l.Roll(1000))
			check(t, l.Sync(l.LogEndOffset()))
			point := l.RecoveryPoint()
			mustAppend(t, l, keyed(t, record.BuilderOptions{LeaderEpoch: -1}, "c=plain"))
			if inside {
				check(t, l.Sync(l.LogEndOffset()))
				point = l.RecoveryPoint()
			}
			l.SetHighWatermark(l.LogEndOffset())
			o := testOptions(disk.CrashClone(vfs.CrashOptions{Rand: rand.New(rand.NewPCG(1, 1)), Keep: 1}), c)
			o.RecoveryPoint = point
			f, err := o.FS.OpenFile(name, os.O_RDWR, vfs.FilePerm)
			check(t, err)
			_, err = f.WriteAt([]byte{0xff}, pos+68)
			check(t, err)
			check(t, f.Close())
			again := mustOpen(t, o)
			again.SetHighWatermark(again.LogEndOffset())
			ab, _ := again.AbortedTxns(0, again.LogEndOffset()) // a damaged range is an error
			if again.LastStableOffset() > 0 && len(ab) == 0 {
				t.Errorf("  aborted record at 0 is below the LSO and in no aborted list")
			}
		}
	}
}
