package storage

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"path/filepath"
	"testing"

	"github.com/gregorhq/gregor/vfs"
)

// offsetsRead returns the offsets below end that a read finds, in the batch that holds them.
func offsetsRead(l *Log, end int64) (found []int64) {
	for off := range end {
		r, err := l.Read(off, ReadOptions{MaxBytes: 1, MinOneBatch: true, Below: l.LogEndOffset()})
		if err == nil && r.FirstOffset >= 0 && r.FirstOffset <= off {
			found = append(found, off)
		}
		r.Slice.Close()
	}
	return found
}

// A bad bit in the batch that ends at the recovery point, and a crash: the records behind it are
// read, no offset is given out twice, and no other byte of the file changes. The batches behind it
// do not fill its offsets, though they have as many records.
func TestDamageJustBelowTheRecoveryPointLosesOneBatch(t *testing.T) {
	const n = 30
	for _, perBatch := range []int{1, 2, 5} {
		for _, damaged := range []int{0, 9, 14, 28} {
			t.Run(fmt.Sprint(perBatch, damaged), func(t *testing.T) {
				c := testConfig()
				l, m := newTestLog(t, c)
				for range n {
					mustAppend(t, l, batchOf(t, perBatch, 20, 1000))
				}
				check(t, l.Sync(l.LogEndOffset()))
				size := l.Size() / n
				disk := m.CrashClone(vfs.CrashOptions{})
				path := filepath.Join(testDir, "00000000000000000000.log")
				data, err := vfs.ReadFile(disk, path)
				check(t, err)
				data[int64(damaged)*size+size/2+20] ^= 1
				check(t, vfs.WriteFile(disk, path, data))
				o := testOptions(disk, c)
				o.RecoveryPoint = int64((damaged + 1) * perBatch)
				again := mustOpen(t, o)
				end := int64(n * perBatch)
				if found := offsetsRead(again, end); len(found) < (n-1)*perBatch || again.LogEndOffset() != end || len(again.Damage()) != 1 {
					t.Errorf("log end %d of %d, %d offsets are read, damage %v", again.LogEndOffset(), end, len(found), again.Damage())
				}
				if info := mustAppend(t, again, batchOf(t, 1, 20, 1000)); info.FirstOffset != end {
					t.Errorf("the next record gets offset %d of %d", info.FirstOffset, end)
				}
				if after, err := vfs.ReadFile(disk, path); err != nil || !bytes.Equal(after[:len(data)], data) {
					t.Errorf("recovery has changed bytes, %v: the last base offset is %d", err, binary.BigEndian.Uint64(after[size*(n-1):]))
				}
			})
		}
	}
}
