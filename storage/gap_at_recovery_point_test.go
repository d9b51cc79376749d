package storage

import (
	"fmt"
	"testing"

	"github.com/gregorhq/gregor/record"
	"github.com/gregorhq/gregor/vfs"
)

// follow appends batches of one record each, of which n begin at from.
func follow(t *testing.T, l *Log, from int64, n int) {
	t.Helper()
	for i := range int64(n) {
		b := record.Batch(append([]byte(nil), batchOf(t, 1, 20, 1000)...))
		b.SetBaseOffset(from + i)
		_, err := l.AppendAsFollower(b, AnyEpoch, 1000)
		check(t, err)
	}
}

// A compacted segment becomes the active one again by a truncation. It has a gap, and the recovery
// point on disk is old and lies one record above the beginning of the gap. All records behind the
// gap are whole: a crash costs none of them.
func TestRecoveryPointInAGapOfTheActiveSegment(t *testing.T) {
	for _, policy := range []CleanupPolicy{CleanupDelete, CleanupCompact} {
		for _, behind := range []int{1, 2, 20} {
			t.Run(fmt.Sprint(policy, behind), func(t *testing.T) {
				c := testConfig()
				c.CleanupPolicy = policy
				l, m := newTestLog(t, c)
				follow(t, l, 0, 49)
				follow(t, l, 70, behind+1)
				end := l.LogEndOffset() - 1
				check(t, l.Roll(1000))
				if policy == CleanupDelete {
					check(t, l.noteGaps()) // a cleaning run does
				}
				follow(t, l, end+1, 3)
				check(t, l.Sync(end+4))
				check(t, l.TruncateTo(end))
				o := testOptions(m.CrashClone(vfs.CrashOptions{}), c)
				o.RecoveryPoint = 50
				again := mustOpen(t, o)
				if got := offsetsRead(again, end); again.LogEndOffset() != end || len(got) != 49+behind || len(again.Damage()) > 0 {
					t.Errorf("the log ends at %d, want %d; %d records are read; damage %v", again.LogEndOffset(), end, len(got), again.Damage())
				}
			})
		}
	}
}
