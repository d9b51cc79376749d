package storage

import (
	"sync/atomic"
	"testing"

	"github.com/gregorhq/gregor/record"
	"github.com/gregorhq/gregor/vfs"
)

// A follower that gets batches of many leader epochs syncs nothing under the log's lock. The next
// sync writes the epochs, and a power cut after it keeps them.
func TestFollowerEpochsAreWrittenByTheSync(t *testing.T) {
	disk := memDisk(t)
	var syncs atomic.Int64
	o := testOptions(vfs.WithHook(disk, func(op vfs.Op) error {
		if op.Kind == vfs.OpSync || op.Kind == vfs.OpSyncDir {
			syncs.Add(1)
		}
		return nil
	}), testConfig())
	l := mustOpen(t, o)
	syncs.Store(0)
	for epoch := range int32(5) {
		b := keyed(t, record.BuilderOptions{LeaderEpoch: epoch, BaseOffset: l.LogEndOffset()}, "k=v")
		if _, err := l.AppendAsFollower(b, epoch, 1000); err != nil {
			t.Fatal(err)
		}
	}
	if n := syncs.Load(); n > 0 {
		t.Errorf("%d syncs", n)
	}
	check(t, l.Sync(5))
	o.FS, o.RecoveryPoint = disk.CrashClone(vfs.CrashOptions{}), 5
	if l = mustOpen(t, o); len(l.EpochEntries()) != 5 {
		t.Error(l.EpochEntries())
	}
}
