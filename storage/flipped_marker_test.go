package storage

import (
	"os"
	"testing"

	"github.com/gregorhq/gregor/record"
	"github.com/gregorhq/gregor/vfs"
)

// Clean stop; one bit of a COMMIT marker (its type) flips; clean start; read, compaction, read.
func TestFlippedCommitMarker(t *testing.T) {
	for _, other := range []bool{false, true} { // another aborted transaction in the segment
		c := testConfig()
		c.CleanupPolicy = CleanupCompact
		fsys := vfs.NewMem()
		o := testOptions(fsys, c)
		l := mustOpen(t, o)
		data, end := transactions(t, l, 1_000_000)
		data(7, 0, "k", "committed")
		pos := l.active().size.Load()
		name := l.active().path(".log")
		end(7, true)
		if other {
			data(8, 0, "j", "aborted")
			end(8, false)
		}
		mustAppend(t, l, keyed(t, record.BuilderOptions{LeaderEpoch: -1}, "b=plain"))
		check(t, l.Roll(1000))
		mustAppend(t, l, keyed(t, record.BuilderOptions{LeaderEpoch: -1}, "c=plain"))
		check(t, l.Sync(l.LogEndOffset()))
		l.SetHighWatermark(l.LogEndOffset())
		o.RecoveryPoint, o.HighWatermark = l.LogEndOffset(), l.LogEndOffset()
		check(t, l.Close(true))
		o.CleanShutdown = true
		f, err := o.FS.OpenFile(name, os.O_RDWR, vfs.FilePerm)
		check(t, err)
		b := []byte{0}
		_, err = f.ReadAt(b, pos+69)
		check(t, err)
		b[0] ^= 1
		_, err = f.WriteAt(b, pos+69)
		check(t, err)
		check(t, f.Close())
		again := mustOpen(t, o)
		again.SetHighWatermark(again.LogEndOffset())
		_, _ = again.Clean(CleanOptions{NowMs: 2_000_000_000, DedupeBytes: 1 << 20, LoadFactor: 0.9, IOBytes: 1 << 20}) // it refuses the damaged segment
		if got := readCommitted(t, again); len(got) != 3 {
			t.Errorf("readers of committed records get %v", got)
		}
	}
}
