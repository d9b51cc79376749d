package storage

import (
	"bytes"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gregorhq/gregor/record"
	"github.com/gregorhq/gregor/storage/internal/segfile"
	"github.com/gregorhq/gregor/vfs"
)

func pair(t *testing.T, i int, tag byte) record.Batch {
	return keyed(t, record.BuilderOptions{LeaderEpoch: -1}, fmt.Sprintf("key%04d=%c%c%c%c", i, tag, tag, tag, tag))
}

// A topic that was compacted once has gaps between segments. They are no holes that a power cut
// left, also when the topic is not compacted any more and the recovery point is lost.
func TestGapsOfCompactionAreNoHoles(t *testing.T) {
	c := testConfig()
	c.CleanupPolicy, c.SegmentBytes = CleanupCompact, 1000
	l, disk := newTestLog(t, c)
	for i := range 12 { // one segment
		mustAppend(t, l, pair(t, i, 'a'))
	}
	for i := 4; i < 16; i++ { // supersedes the end of the first one
		mustAppend(t, l, pair(t, i, 'b'))
	}
	for i := range 30 {
		mustAppend(t, l, pair(t, 100+i, 'c'))
	}
	end := l.LogEndOffset()
	l.SetHighWatermark(end)
	stats, err := l.Clean(CleanOptions{NowMs: 2000, DirtyOffset: -1})
	check(t, err)
	check(t, l.Sync(end))
	want := committed(t, l)
	for _, recoveryPoint := range []int64{0, -1, end} {
		o := testOptions(disk.CrashClone(vfs.CrashOptions{}), testConfig()) // cleanup.policy=delete
		o.RecoveryPoint, o.CompactedBelow = recoveryPoint, stats.EndOffset
		if recoveryPoint < 0 {
			o.CompactedBelow = 0
		}
		l := mustOpen(t, o)
		l.SetHighWatermark(end)
		if got := committed(t, l); l.LogEndOffset() != end || len(got) != len(want) || len(l.Damage()) > 0 {
			t.Errorf("recovery point %d: end %d of %d, %d keys of %d, %v", recoveryPoint, l.LogEndOffset(), end, len(got), len(want), l.Damage())
		}
	}
}

// Bytes that are damaged below the recovery point stay, and so does everything behind them. The
// damage is reported, readers of the damaged batch get an error, and no offset is given out twice.
func TestDamageBelowTheRecoveryPointRemovesNothing(t *testing.T) {
	c := testConfig()
	c.SegmentBytes = 3000
	l, disk := newTestLog(t, c)
	for i := range 60 {
		mustAppend(t, l, pair(t, i, 'a'))
	}
	check(t, l.Sync(60))
	img := imageOf(t, disk.CrashClone(vfs.CrashOptions{}), testDir)
	names := []string{}
	for name := range img {
		if strings.HasSuffix(name, segfile.LogSuffix) {
			names = append(names, name)
		}
	}
	for _, name := range names {
		size := len(img[name]) / (len(img[name]) / len(pair(t, 0, 'a')))
		for at := 0; at < len(img[name]); at += 5 {
			if in := at % size; in >= 12 && in < 16 {
				continue // the leader epoch is not under the checksum
			}
			base, _, _ := segfile.ParseOffsetName(name)
			bad := base + int64(at/size)
			offset := at%size > 0 && at%size < 8 // a negative one is no offset
			for _, recoveryPoint := range []int64{60, -1} {
				if offset && bad == 59 && recoveryPoint < 0 {
					continue // nothing shows which offset the last batch had
				}
				checkDamage(t, img.flip(name, at, 0xff), c, recoveryPoint, bad, offset)
			}
		}
	}
}

// checkDamage opens an image in which the batch at offset bad of 60 is damaged. Recovery corrects
// it when the damage is in its own offset.
func checkDamage(t *testing.T, img diskImage, c *Config, recoveryPoint, bad int64, corrected bool) {
	t.Helper()
	for _, clean := range []bool{true, false} {
		o := testOptions(img.write(t, testDir), c)
		o.RecoveryPoint, o.CleanShutdown = recoveryPoint, clean
		l := mustOpen(t, o)
		if l.LogEndOffset() != 60 && (recoveryPoint >= 0 || bad != 59) {
			t.Fatalf("offset %d damaged, recovery point %d, clean %v: log ends at %d", bad, recoveryPoint, clean, l.LogEndOffset())
		}
		// Recovery looks at the segments from the recovery point's on.
		if seen := recoveryPoint < 0 || bad >= l.segmentOf(59).base; !clean && (len(l.Damage()) == 0) != corrected && seen {
			t.Fatalf("offset %d damaged: %+v", bad, l.Damage())
		}
		for offset := range l.LogEndOffset() {
			r, err := l.Read(offset, ReadOptions{MaxBytes: 1, MinOneBatch: true, Below: l.LogEndOffset()})
			b, rerr := r.Slice.ReadInto(nil)
			r.Slice.Close()
			if offset == bad {
				if (r.FirstOffset != bad || !corrected) && err == nil && rerr == nil && len(b) > 0 && record.Batch(b).Validate() == nil {
					t.Fatalf("offset %d is damaged and was read", bad)
				}
				continue
			}
			if err != nil || rerr != nil || r.FirstOffset != offset || record.Batch(b).Validate() != nil {
				t.Fatalf("offset %d damaged, recovery point %d, clean %v: read of %d: %v, first offset %d", bad, recoveryPoint, clean, offset, err, r.FirstOffset)
			}
		}
		if info := mustAppend(t, l, pair(t, 99, 'n')); info.FirstOffset < 59 {
			t.Fatalf("offset %d is given out again", info.FirstOffset)
		}
	}
}

func (l *Log) segmentOf(offset int64) *segment { return l.segments[l.floorSegment(offset)] }

// What a cut takes away is kept in a file beside the log when it may have been synced. The log and
// the list of damage name it, also after the next start.
func TestBytesThatAreCutAreKept(t *testing.T) {
	logger, lines := capture()
	l, disk := newTestLog(t, testConfig())
	for i := range 10 {
		mustAppend(t, l, pair(t, i, 'a'))
	}
	img := imageOf(t, disk, testDir)
	name := segfile.OffsetName(0) + segfile.LogSuffix
	size := len(img[name]) / 10
	bad := img.flip(name, 4*size+70, 0xff)
	out := bad.write(t, testDir)
	o := testOptions(out, testConfig())
	o.RecoveryPoint, o.Logger = 2, logger
	l = mustOpen(t, o)
	kept := fmt.Sprintf("%s.%d%s", name, 4*size, cutSuffix)
	if l.LogEndOffset() != 4 || len(l.Damage()) != 1 || l.Damage()[0].File != kept || !strings.Contains(lines(), kept) {
		t.Fatalf("end %d, %+v", l.LogEndOffset(), l.Damage())
	}
	if got, err := vfs.ReadFile(out, filepath.Join(testDir, kept)); err != nil || !bytes.Equal(got, bad[name][4*size:]) {
		t.Errorf("%d bytes are kept, %v", len(got), err)
	}
	check(t, l.Close(true))
	o.CleanShutdown, o.RecoveryPoint = true, 4
	if l = mustOpen(t, o); len(l.Damage()) != 1 || l.Damage()[0].File != kept {
		t.Errorf("after the next start: %+v", l.Damage())
	}
}

// A segment file that is gone is the trouble of its partition: reads of its offsets fail, the
// others go on, and the next start reports the hole.
func TestMissingSegmentFile(t *testing.T) {
	c := testConfig()
	c.SegmentBytes = 1000
	l, disk := newTestLog(t, c)
	for i := range 60 {
		mustAppend(t, l, pair(t, i, 'a'))
	}
	check(t, l.Sync(60))
	lost := l.segments[2]
	next := l.segments[3].base
	l.pool.Shed()
	check(t, disk.Remove(lost.path(segfile.LogSuffix)))
	read := func(l *Log, offset int64) error {
		r, err := l.Read(offset, ReadOptions{MaxBytes: 10, MinOneBatch: true, Below: 60})
		r.Slice.Close()
		return err
	}
	if err := read(l, lost.base); !errors.Is(err, ErrMissingFile) || Classify(err) != ClassPartition {
		t.Errorf("class %v: %v", Classify(err), err)
	}
	mustAppend(t, l, pair(t, 60, 'a'))
	check(t, l.Sync(61))
	check(t, l.Close(true))
	for _, clean := range []bool{true, false, true} {
		o := testOptions(disk, c)
		o.CleanShutdown, o.RecoveryPoint = clean, 61
		l = mustOpen(t, o)
		if d := l.Damage(); len(d) != 1 || d[0].From != lost.base || d[0].To != next {
			t.Fatalf("clean %v: %+v", clean, d)
		}
		for offset := range int64(61) {
			if err := read(l, offset); (err != nil) != (offset >= lost.base && offset < next) {
				t.Fatalf("read of %d: %v", offset, err)
			}
		}
		check(t, l.Close(clean))
	}
}

// An index whose offsets are in the segment before it is the rest of a truncation, which a power
// cut has brought back. No segment is missing (TestPowerCut with GREGOR_CRASH_OPS=1600 found it).
func TestStaleIndexIsNoMissingSegment(t *testing.T) {
	c := testConfig()
	c.SegmentBytes = 1000
	l, disk := newTestLog(t, c)
	for i := range 60 {
		mustAppend(t, l, pair(t, i, 'a'))
	}
	check(t, l.Close(true))
	check(t, vfs.WriteFile(disk, filepath.Join(testDir, segfile.OffsetName(l.segments[2].base-3)+segfile.IndexSuffix), nil))
	for _, clean := range []bool{true, false} {
		o := testOptions(disk, c)
		o.CleanShutdown, o.RecoveryPoint = clean, 60
		l = mustOpen(t, o)
		if len(l.Damage()) > 0 || len(allBatches(t, l)) != 60 {
			t.Errorf("clean %v: %+v", clean, l.Damage())
		}
	}
}
