package storage

import (
	"path/filepath"
	"testing"

	"github.com/gregorhq/gregor/vfs"
)

// A flipped bit in the length of a batch leads to the border of a later batch. The batches between
// are read, after a crash and after a clean stop.
func TestWrongLengthHidesNoOtherBatch(t *testing.T) {
	const n, size = 100, 128
	for _, clean := range []bool{false, true} {
		for bit := 7; bit < 13; bit++ {
			c := testConfig()
			l, m := newTestLog(t, c)
			for range n {
				mustAppend(t, l, sized(t, 1, size, 1000))
			}
			check(t, l.Sync(n))
			if clean {
				check(t, l.Close(true))
			}
			disk := m.CrashClone(vfs.CrashOptions{})
			path := filepath.Join(testDir, "00000000000000000000.log")
			data, err := vfs.ReadFile(disk, path)
			check(t, err)
			data[10*size+11-bit/8] ^= 1 << (bit % 8)
			check(t, vfs.WriteFile(disk, path, data))
			o := testOptions(disk, c)
			o.RecoveryPoint, o.CleanShutdown = n, clean
			again := mustOpen(t, o)
			if found := offsetsRead(again, n); len(found) < n-1 || again.LogEndOffset() != n {
				t.Errorf("clean %v, bit %d of the length: %d offsets are read, log end %d", clean, bit, len(found), again.LogEndOffset())
			}
		}
	}
}
