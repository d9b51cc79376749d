package storage

import (
	"math/rand/v2"
	"testing"

	"github.com/gregorhq/gregor/record"
	"github.com/gregorhq/gregor/storage/internal/segfile"
	"github.com/gregorhq/gregor/vfs"
)

// Positions in the batch of a marker.
const (
	markerCRC  = 17
	markerType = 69 // the last byte of the control type in the key: abort or commit
)

// plain appends a record without a transaction.
func plain(t *testing.T, l *Log, kv string) {
	t.Helper()
	mustAppend(t, l, keyed(t, record.BuilderOptions{LeaderEpoch: -1}, kv))
}

// An aborted transaction whose marker is damaged stays aborted after a kill: it is open, or its
// entry in the transaction index stays.
func TestDamagedAbortMarkerAfterAKill(t *testing.T) {
	for _, sameSegment := range []bool{true, false} {
		for _, pointAtEnd := range []bool{false, true} {
			l, disk := newTestLog(t, testConfig())
			data, end := transactions(t, l, 1000)
			data(7, 0, "k", "aborted")
			if !sameSegment {
				check(t, l.Roll(1000))
			}
			pos, path := l.active().size.Load(), l.active().path(segfile.LogSuffix)
			end(7, false)
			plain(t, l, "b=plain")
			check(t, l.Roll(1000))
			check(t, l.Sync(l.LogEndOffset()))
			point := l.RecoveryPoint()
			plain(t, l, "c=plain")
			if pointAtEnd {
				check(t, l.Sync(l.LogEndOffset()))
				point = l.RecoveryPoint()
			}
			o := testOptions(disk.CrashClone(vfs.CrashOptions{Rand: rand.New(rand.NewPCG(1, 1)), Keep: 1}), l.Config())
			o.RecoveryPoint = point
			flipByte(t, o.FS, path, pos+markerType-1, 0xff)
			again := mustOpen(t, o)
			again.SetHighWatermark(again.LogEndOffset())
			aborted, _ := again.AbortedTxns(0, again.LogEndOffset()) // a damaged range is an error
			if again.LastStableOffset() > 0 && len(aborted) == 0 {
				t.Errorf("same segment %v, recovery point at the end %v: the transaction looks committed", sameSegment, pointAtEnd)
			}
		}
	}
}

// flippedAndReopened closes a log in order, flips one bit of a file and opens it again.
func flippedAndReopened(t *testing.T, l *Log, o Options, path string, at int64) *Log {
	t.Helper()
	check(t, l.Sync(l.LogEndOffset()))
	l.SetHighWatermark(l.LogEndOffset())
	o.RecoveryPoint, o.HighWatermark, o.CleanShutdown = l.LogEndOffset(), l.LogEndOffset(), true
	check(t, l.Close(true))
	flipByte(t, o.FS, path, at, 1)
	again := mustOpen(t, o)
	again.SetHighWatermark(again.LogEndOffset())
	return again
}

// A damaged abort marker removes no entry from the transaction index after a clean stop.
func TestDamagedAbortMarkerAfterACleanStop(t *testing.T) {
	for _, at := range []int64{markerCRC, markerType - 1, markerType} {
		for _, sealed := range []bool{false, true} {
			o := testOptions(vfs.NewMem(), testConfig())
			l := mustOpen(t, o)
			data, end := transactions(t, l, 1000)
			data(7, 0, "k", "aborted")
			pos, path := l.active().size.Load(), l.active().path(segfile.LogSuffix)
			end(7, false)
			plain(t, l, "b=plain")
			if sealed {
				check(t, l.Roll(1000))
				plain(t, l, "c=plain")
			}
			again := flippedAndReopened(t, l, o, path, pos+at)
			aborted, err := again.AbortedTxns(0, again.LogEndOffset())
			if again.LastStableOffset() > 0 && len(aborted) == 0 && err == nil {
				t.Errorf("byte %d, sealed %v: the transaction looks committed", at, sealed)
			}
		}
	}
}

// A commit marker that looks like an abort marker, with a wrong checksum, hides no record: not at
// the start, and not after a compaction run, which refuses the segment.
func TestCommitMarkerThatLooksLikeAnAbort(t *testing.T) {
	for _, other := range []bool{false, true} { // another aborted transaction in the segment
		c := testConfig()
		c.CleanupPolicy = CleanupCompact
		o := testOptions(vfs.NewMem(), c)
		l := mustOpen(t, o)
		data, end := transactions(t, l, 1_000_000)
		data(7, 0, "k", "committed")
		pos, path := l.active().size.Load(), l.active().path(segfile.LogSuffix)
		end(7, true)
		if other {
			data(8, 0, "j", "aborted")
			end(8, false)
		}
		plain(t, l, "b=plain")
		check(t, l.Roll(1000))
		plain(t, l, "c=plain")
		again := flippedAndReopened(t, l, o, path, pos+markerType)
		_, _ = again.Clean(CleanOptions{NowMs: 2_000_000_000, DedupeBytes: 1 << 20, LoadFactor: 0.9, IOBytes: 1 << 20})
		if got := readCommitted(t, again); len(got) != 3 {
			t.Errorf("other transaction %v: readers of committed records get %v", other, got)
		}
	}
}
