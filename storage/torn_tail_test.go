package storage

import (
	"strings"
	"testing"

	"github.com/gregorhq/gregor/storage/internal/segfile"
	"github.com/gregorhq/gregor/vfs"
)

// One wrong bit in the length of a synced batch, and the torn last write of a power cut.
func TestFlippedLengthAndTornTail(t *testing.T) {
	l, disk := newTestLog(t, testConfig())
	for i := range 200 {
		mustAppend(t, l, pair(t, i, 'a'))
	}
	check(t, l.Sync(200))
	img := imageOf(t, disk.CrashClone(vfs.CrashOptions{}), testDir)
	name := segfile.OffsetName(0) + segfile.LogSuffix
	size := len(img[name]) / 200
	for n := range img {
		if strings.HasSuffix(n, "index") {
			img[n] = nil // the index of the active segment is not on disk yet
		}
	}
	for _, tail := range [][]byte{nil, pair(t, 200, 'a')[:40], make([]byte, 700)} {
		for bit := range 32 {
			x := diskImage{}
			for n, b := range img {
				x[n] = b
			}
			b := append(append([]byte(nil), img[name]...), tail...)
			b[20*size+8+bit/8] ^= 1 << (bit % 8)
			x[name] = b
			o := testOptions(x.write(t, testDir), testConfig())
			o.RecoveryPoint = 150
			l := mustOpen(t, o)
			if info := mustAppend(t, l, pair(t, 7, 'n')); info.FirstOffset < 200 {
				t.Errorf("tail of %d bytes, bit %d of the length of batch 20: offset %d is given out again, 200 were acknowledged; damage %v", len(tail), bit, info.FirstOffset, l.Damage())
			}
		}
	}
}

// A damaged page below the recovery point and a torn write at the end.
func TestDamagedPageAndTornTail(t *testing.T) {
	for _, torn := range []int{0, 5} {
		l, disk := newTestLog(t, testConfig())
		for i := range 200 {
			mustAppend(t, l, pair(t, i, 'a'))
		}
		check(t, l.Sync(200)) // all 200 are acknowledged; the checkpoint file still says 150
		img := imageOf(t, disk.CrashClone(vfs.CrashOptions{}), testDir)
		name := segfile.OffsetName(0) + segfile.LogSuffix
		size := len(img[name]) / 200
		b := append([]byte(nil), img[name]...)
		clear(b[512:1024])                         // a lost sector, far below the recovery point
		b = append(b, pair(t, 200, 'a')[:torn]...) // an append was under way
		img[name] = b
		for n := range img {
			if strings.HasSuffix(n, "index") {
				delete(img, n)
			}
		}
		o := testOptions(img.write(t, testDir), testConfig())
		o.RecoveryPoint = 150
		x := mustOpen(t, o)
		lost := 0
		for offset := range int64(200) {
			r, err := x.Read(offset, ReadOptions{MaxBytes: 1, MinOneBatch: true, Below: x.LogEndOffset()})
			by, _ := r.Slice.ReadInto(nil)
			r.Slice.Close()
			if err != nil || r.FirstOffset != offset || len(by) == 0 {
				lost++
			}
		}
		bad := 512/size + 1
		info := mustAppend(t, x, pair(t, 999, 'n'))
		t.Logf("torn tail of %d bytes: %d of 200 offsets unreadable, log end was %d, damage %v", torn, lost, info.FirstOffset, x.Damage())
		if lost > 20 || info.FirstOffset < 200 {
			t.Errorf("torn tail of %d bytes: %d acknowledged records unreadable (first bad about %d), offset %d is given out again", torn, lost, bad, info.FirstOffset)
		}
	}
}
