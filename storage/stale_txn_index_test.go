package storage

import (
	"io/fs"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/gregorhq/gregor/vfs"
)

// A power cut leaves the transaction index of the second segment of a new log, and no .log file.
// The log begins again, and its second segment has the same base offset: the old entries hide
// nothing.
func TestTransactionIndexOfALogThatBeginsAgain(t *testing.T) {
	l, disk := newTestLog(t, testConfig())
	check(t, disk.SyncDir(testDir+"/..")) // the folder's name is durable
	plain(t, l, "a=plain")
	check(t, l.Roll(1000))
	data, end := transactions(t, l, 1000)
	for i := range 1100 {
		data(7, int32(i), "k", "v")
		end(7, false)
	}
	for seed := range uint64(300) {
		img := disk.CrashClone(vfs.CrashOptions{Rand: rand.New(rand.NewPCG(seed, 1)), Keep: 0.5, Block: 4096})
		names, err := img.ReadDir(testDir)
		if err != nil || slices.ContainsFunc(names, func(e fs.DirEntry) bool { return strings.HasSuffix(e.Name(), ".log") }) {
			continue
		}
		n, err := Open(testOptions(img, testConfig()))
		if err != nil {
			continue // another file shows that the log had a segment
		}
		plain(t, n, "a=plain")
		check(t, n.Roll(1000))
		data, end := transactions(t, n, 1000)
		data(7, 0, "k", "committed")
		end(7, true)
		mustAppend(t, n, batchOf(t, 2300, 10, 1000))
		data(8, 0, "k", "aborted")
		end(8, false)
		check(t, n.Sync(n.LogEndOffset()))
		n.SetHighWatermark(n.LogEndOffset())
		got := readCommitted(t, n)
		if len(got) > 1 && got[1] != "k=committed" {
			t.Errorf("seed %d: readers of committed records get %v, not k=committed", seed, got[:2])
			return
		}
	}
}
