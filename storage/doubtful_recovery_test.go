package storage

import (
	"encoding/binary"
	"slices"
	"testing"

	"github.com/gregorhq/gregor/storage/internal/segfile"
)

// In a compacted log a batch lies behind a gap, and one bit of the offset of the batch behind it is
// wrong. Either of the two may be the wrong one. Recovery gives neither another offset, and reports
// both.
func TestRecoveryRenumbersNoDoubtfulBatch(t *testing.T) {
	for _, rp := range []int64{-1, 0, 164} {
		c := testConfig()
		c.CleanupPolicy = CleanupCompact
		l, disk := newTestLog(t, c)
		for i := range 164 {
			mustAppend(t, l, pair(t, i, 'a'))
		}
		check(t, l.Sync(164))
		check(t, l.Close(true))
		img := imageOf(t, disk, testDir)
		name := segfile.OffsetName(0) + segfile.LogSuffix
		size := len(pair(t, 0, 'a'))
		// Compaction has removed offsets 128 to 159.
		b := slices.Concat(img[name][:128*size], img[name][160*size:])
		binary.BigEndian.PutUint64(b[129*size:], 161^32)
		img[name] = b
		img[gapsFile] = []byte{}
		delete(img, segfile.OffsetName(0)+segfile.IndexSuffix)
		delete(img, segfile.OffsetName(0)+segfile.TimeIndexSuffix)
		o := testOptions(img.write(t, testDir), c)
		o.RecoveryPoint, o.CleanShutdown = rp, false
		x := mustOpen(t, o)
		var got []int64
		for _, b := range allBatches(t, x) {
			if b.BaseOffset() > 127 {
				got = append(got, b.BaseOffset())
			}
		}
		if damage := x.Damage(); len(damage) != 1 || damage[0].From != 128 || damage[0].To != 162 {
			t.Errorf("recovery point %d: damage %v", rp, damage)
		}
		if !slices.Equal(got, []int64{160, 129, 162, 163}) {
			t.Errorf("recovery point %d: offsets %v on the disk, recovery changed one", rp, got)
		}
	}
}
