package storage

import (
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/gregorhq/gregor/vfs"
)

// Compaction removes a transaction and its marker. The producer snapshot at the base of the
// marker's segment still has the transaction open, and the broker is killed. The recovery point is
// the base of the active segment, as after a roll with acks=1. Recovery begins one segment before.
func TestATransactionWithoutItsMarkerStaysEnded(t *testing.T) {
	for name, commit := range map[string]bool{"abort": false, "commit": true} {
		for _, inside := range []bool{false, true} {
			t.Run(name, func(t *testing.T) {
				c := testConfig()
				c.CleanupPolicy = CleanupCompact
				c.DeleteRetentionMs = 1000
				c.SegmentBytes = 12000 // two of them do not fit into one
				big := strings.Repeat("x", 10000)
				l, disk := newTestLog(t, c)
				data, end := transactions(t, l, 1000)
				plain(t, l, "a="+big) // 0
				data(7, 0, "k", "1")  // 1
				check(t, l.Roll(1000))
				end(7, commit) // 1
				plain(t, l, "b="+big)
				plain(t, l, "k=2")
				check(t, l.Roll(1000))
				check(t, l.Sync(l.LogEndOffset())) // FlushSoon of the roll
				point := l.RecoveryPoint()
				mustAppend(t, l, batchOf(t, 2, 10, 1000))
				if inside {
					check(t, l.Sync(l.LogEndOffset()))
					point = l.RecoveryPoint()
				}
				l.SetHighWatermark(l.LogEndOffset())
				const day = 24 * 3600 * 1000
				l.RemoveExpiredProducers(2 * day) // producer.id.expiration.ms
				for dirty, now := int64(-1), int64(2000); now < 20000; now += 3000 {
					_, err := l.Clean(CleanOptions{NowMs: now, DirtyOffset: dirty})
					check(t, err)
					dirty = 0
				}
				if got := l.LastStableOffset(); got != l.LogEndOffset() {
					t.Fatalf("before the kill: LSO %d of %d", got, l.LogEndOffset())
				}
				img := disk.CrashClone(vfs.CrashOptions{Rand: rand.New(rand.NewPCG(1, 1)), Keep: 1})
				o := testOptions(img, c)
				o.RecoveryPoint, o.NowMs = point, 2*day
				again := mustOpen(t, o)
				again.SetHighWatermark(again.LogEndOffset())
				if got := again.LastStableOffset(); got != again.LogEndOffset() {
					t.Errorf("recovery point %d: last stable offset %d, log [%d,%d), producers %+v", point, got, again.LogStartOffset(), again.LogEndOffset(), again.Producers())
				}
			})
		}
	}
}

// A transaction that is really open stays open after a kill, although the log start has passed its
// first record, or its first record is damaged. Readers of committed records would get its records.
func TestAnOpenTransactionStaysOpenAfterAKill(t *testing.T) {
	for _, way := range []string{"DeleteRecords", "retention", "damage"} {
		t.Run(way, func(t *testing.T) {
			c := testConfig()
			l, disk := newTestLog(t, c)
			data, _ := transactions(t, l, 1000)
			data(7, 0, "a", "1")
			if way == "retention" {
				check(t, l.Roll(1000))
			}
			data(7, 1, "a", "1")
			mustAppend(t, l, batchOf(t, 1, 10, 1000))
			check(t, l.Roll(1000))
			check(t, l.Sync(l.LogEndOffset()))
			l.SetHighWatermark(l.LogEndOffset())
			if way != "damage" {
				check(t, l.SetLogStartOffset(1))
				_, _, err := l.DeleteOldSegments(1000)
				check(t, err)
			}
			o := testOptions(disk.CrashClone(vfs.CrashOptions{Rand: rand.New(rand.NewPCG(1, 1)), Keep: 1}), c)
			o.RecoveryPoint, o.LogStartOffset = l.RecoveryPoint(), l.LogStartOffset()
			if way == "damage" {
				flipByte(t, o.FS, testDir+"/00000000000000000000.log", 62, 0xff)
			}
			again := mustOpen(t, o)
			again.SetHighWatermark(again.LogEndOffset())
			if got := again.LastStableOffset(); got > 1 {
				t.Errorf("last stable offset %d of [%d,%d), producers %+v", got, again.LogStartOffset(), again.LogEndOffset(), again.Producers())
			}
		})
	}
}
