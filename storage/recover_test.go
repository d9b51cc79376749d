package storage

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"testing"

	"github.com/gregorhq/gregor/record"
	"github.com/gregorhq/gregor/storage/internal/segfile"
	"github.com/gregorhq/gregor/vfs"
)

// diskImage is the files of one folder.
type diskImage map[string][]byte

func imageOf(tb testing.TB, fsys vfs.FS, dir string) diskImage {
	tb.Helper()
	names, err := fsys.ReadDir(dir)
	if err != nil {
		tb.Fatal(err)
	}
	img := diskImage{}
	for _, e := range names {
		b, err := vfs.ReadFile(fsys, filepath.Join(dir, e.Name()))
		if err != nil {
			tb.Fatal(err)
		}
		img[e.Name()] = b
	}
	return img
}

// write makes a new file system that holds the image.
func (img diskImage) write(tb testing.TB, dir string) *vfs.Mem {
	tb.Helper()
	m := vfs.NewMem()
	if err := m.MkdirAll(dir, vfs.DirPerm); err != nil {
		tb.Fatal(err)
	}
	for name, b := range img {
		if err := vfs.WriteFile(m, filepath.Join(dir, name), b); err != nil {
			tb.Fatal(err)
		}
	}
	return m
}

// The active log is cut at every byte of its last three batches, with the index
// ahead of it, exact, behind it, preallocated, or garbage: the log ends with its last whole batch,
// reads back, and takes the next append there.
func TestLogCutAtEveryByte(t *testing.T) {
	c := testConfig()
	c.IndexIntervalBytes = 1 // every batch is indexed
	c.SegmentBytes = 1200
	l, m := newTestLog(t, c)
	var all []byte
	var ends []int64 // file position of the end of each batch of the active segment
	var offsets []int64
	for i := range 19 {
		b := batchOf(t, 2, 40, int64(i))
		mustAppend(t, l, b)
		all = append(all, b...)
	}
	active := l.active()
	_ = active.walk(func(h *segfile.Head, _ []byte) error {
		ends, offsets = append(ends, h.End()), append(offsets, h.Next())
		return nil
	})
	if len(ends) < 4 || l.SegmentCount() < 2 {
		t.Fatalf("%d batches in the active segment, %d segments", len(ends), l.SegmentCount())
	}
	if err := l.Close(true); err != nil {
		t.Fatal(err)
	}
	img := imageOf(t, m, testDir)
	name := segfile.OffsetName(active.base)
	index, times := img[name+segfile.IndexSuffix], img[name+segfile.TimeIndexSuffix]
	padded := append(bytes.Clone(index), make([]byte, 4096)...)
	garbage := bytes.Repeat([]byte{0x17}, 80)
	variants := []struct{ index, times []byte }{
		{index, times}, {index[:8], times[:12]}, {nil, nil}, {padded, append(bytes.Clone(times), make([]byte, 4092)...)},
		{garbage, garbage[:72]}, {index, nil}, {index[:len(index)-3], times[:5]},
	}
	log := img[name+segfile.LogSuffix]
	firstCut := ends[len(ends)-4]
	for cut := firstCut; cut <= int64(len(log)); cut++ {
		end, size := active.base, int64(0)
		for i, e := range ends {
			if e <= cut {
				end, size = offsets[i], e
			}
		}
		for vi, v := range variants {
			for _, recoveryPoint := range []int64{0, active.base, active.base + 3} {
				img[name+segfile.LogSuffix], img[name+segfile.IndexSuffix], img[name+segfile.TimeIndexSuffix] = log[:cut], v.index, v.times
				o := testOptions(img.write(t, testDir), c)
				o.RecoveryPoint = recoveryPoint
				got := mustOpen(t, o)
				want := all[:len(all)-len(log)+int(size)]
				if got.LogEndOffset() != end || !bytes.Equal(readAll(t, got, 0, 300), want) {
					t.Fatalf("cut at %d of %d, indexes %d, recovery point %d: end %d, want %d", cut, len(log), vi, recoveryPoint, got.LogEndOffset(), end)
				}
				if info := mustAppend(t, got, batchOf(t, 1, 1, 1)); info.FirstOffset != end {
					t.Fatalf("cut at %d: next append at %d, want %d", cut, info.FirstOffset, end)
				}
			}
		}
	}
}

// A damaged end of the active segment is found after a clean stop, too. All of it was synced, so
// the log does not give the offsets out again.
func TestCleanStopWithDamagedTail(t *testing.T) {
	c := testConfig()
	l, m := newTestLog(t, c)
	for range 5 {
		mustAppend(t, l, batchOf(t, 2, 40, 1))
	}
	if err := l.Close(true); err != nil {
		t.Fatal(err)
	}
	img := imageOf(t, m, testDir)
	name := segfile.OffsetName(0) + segfile.LogSuffix
	img[name] = img[name][:len(img[name])-5]
	o := testOptions(img.write(t, testDir), c)
	o.CleanShutdown, o.RecoveryPoint = true, 10
	l = mustOpen(t, o)
	if l.LogEndOffset() != 10 || len(l.Damage()) != 1 || l.Damage()[0].From != 8 || l.Damage()[0].To != 10 {
		t.Fatalf("end %d, damage %+v", l.LogEndOffset(), l.Damage())
	}
	if _, err := l.Read(8, ReadOptions{MaxBytes: 100, MinOneBatch: true, Below: 10}); !errors.Is(err, ErrCorruptLog) {
		t.Error(err)
	}
}

// One flipped bit anywhere in the recovered part ends the log before its batch, and later
// segments go.
func TestBitFlipsAboveTheRecoveryPoint(t *testing.T) {
	c := testConfig()
	c.SegmentBytes = 600
	l, m := newTestLog(t, c)
	type at struct {
		file  string
		start int64
		base  int64
	}
	var batches []at
	for range 9 {
		mustAppend(t, l, batchOf(t, 2, 40, 1))
	}
	for _, s := range l.segments {
		_ = s.walk(func(h *segfile.Head, _ []byte) error {
			batches = append(batches, at{segfile.OffsetName(s.base) + segfile.LogSuffix, h.Pos, h.Base})
			return nil
		})
	}
	img := imageOf(t, m, testDir)
	rng := rand.New(rand.NewPCG(1, 2))
	for _, b := range batches {
		for range 20 {
			end := int64(len(img[b.file]))
			for _, o := range batches {
				if o.file == b.file && o.start > b.start {
					end = min(end, o.start)
				}
			}
			pos := b.start + 8 + rng.Int64N(end-b.start-8)
			if pos >= b.start+12 && pos < b.start+16 {
				continue // the leader epoch is outside the checksum, like the offset
			}
			bad := diskImage{}
			for k, v := range img {
				bad[k] = bytes.Clone(v)
			}
			bad[b.file][pos] ^= 1 << rng.IntN(8)
			got := mustOpen(t, testOptions(bad.write(t, testDir), c))
			if got.LogEndOffset() != b.base {
				t.Fatalf("flip at %s:%d: end %d, want %d", b.file, pos, got.LogEndOffset(), b.base)
			}
			readAll(t, got, 0, 1<<20)
		}
	}
}

func TestDamagedIndexesAreRebuilt(t *testing.T) {
	c := testConfig()
	c.SegmentBytes, c.IndexIntervalBytes = 3000, 200
	l, m := newTestLog(t, c)
	var want []byte
	for i := range 60 {
		b := batchOf(t, 2, 30, int64(i*10))
		mustAppend(t, l, b)
		want = append(want, b...)
	}
	if err := l.Close(true); err != nil {
		t.Fatal(err)
	}
	img := imageOf(t, m, testDir)
	rng := rand.New(rand.NewPCG(3, 4))
	for round := range 300 {
		bad := diskImage{}
		for name, b := range img {
			b = bytes.Clone(b)
			if filepath.Ext(name) == segfile.IndexSuffix || filepath.Ext(name) == segfile.TimeIndexSuffix {
				b = damage(rng, b)
			}
			if b != nil {
				bad[name] = b
			}
		}
		o := testOptions(bad.write(t, testDir), c)
		o.CleanShutdown, o.RecoveryPoint = round%2 == 0, 120
		got := mustOpen(t, o)
		if got.LogEndOffset() != 120 || !bytes.Equal(readAll(t, got, 0, 700), want) {
			t.Fatalf("round %d: end %d", round, got.LogEndOffset())
		}
		for from := int64(0); from < 120; from += 7 {
			readAll(t, got, from, 100)
		}
	}
}

// damage returns b changed in one of several ways, nil for a missing file.
func damage(rng *rand.Rand, b []byte) []byte {
	switch rng.IntN(5) {
	case 0:
		return nil
	case 1:
		return b[:rng.IntN(len(b)+1)]
	case 2:
		return append(b, make([]byte, 8*rng.IntN(40))...)
	case 3:
		if len(b) > 0 {
			b[rng.IntN(len(b))] ^= byte(1 << rng.IntN(8))
		}
		return b
	}
	junk := make([]byte, 8*rng.IntN(20))
	for i := range junk {
		junk[i] = byte(rng.Uint32())
	}
	return junk
}

func TestEntriesLookLikeBatchesInsideABatch(t *testing.T) {
	// A record's value that holds a whole batch, and an index entry that points at it.
	inner := batchOf(t, 2, 10, 5)
	inner.SetBaseOffset(1)
	b := record.NewBuilder(record.BuilderOptions{LeaderEpoch: -1})
	if err := b.Append(0, 5, nil, inner, nil); err != nil {
		t.Fatal(err)
	}
	outer, _ := b.Bytes()
	l, m := newTestLog(t, testConfig())
	mustAppend(t, l, bytes.Clone(outer))
	for range 6 {
		mustAppend(t, l, batchOf(t, 1, 10, 6))
	}
	if err := l.Close(true); err != nil {
		t.Fatal(err)
	}
	img := imageOf(t, m, testDir)
	at := bytes.Index(img[segfile.OffsetName(0)+segfile.LogSuffix], inner[20:]) - 20
	img[segfile.OffsetName(0)+segfile.IndexSuffix] = binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint32(nil, 2), uint32(at))
	for _, clean := range []bool{true, false} {
		o := testOptions(img.write(t, testDir), testConfig())
		o.CleanShutdown = clean
		got := mustOpen(t, o)
		if got.LogEndOffset() != 7 {
			t.Fatalf("clean %v: end %d", clean, got.LogEndOffset())
		}
	}
}

func TestRecoveryProgressAndEpochs(t *testing.T) {
	c := testConfig()
	c.SegmentBytes = 1000
	l, m := newTestLog(t, c)
	for e := range int32(4) {
		for range 5 {
			if _, err := l.AppendAsLeader(batchOf(t, 1, 50, 1), AppendOptions{LeaderEpoch: e * 2}); err != nil {
				t.Fatal(err)
			}
		}
	}
	want := fmt.Sprint(l.EpochEntries())
	img := imageOf(t, m, testDir)
	for _, broken := range [][]byte{img[LeaderEpochCheckpoint], nil, []byte("0\n99\ngarbage")} {
		img[LeaderEpochCheckpoint] = broken
		if broken == nil {
			delete(img, LeaderEpochCheckpoint)
		}
		o := testOptions(img.write(t, testDir), c)
		var last, total int64
		o.Progress = func(d, t int64) { last, total = d, t }
		got := mustOpen(t, o)
		if fmt.Sprint(got.EpochEntries()) != want {
			t.Fatalf("epochs %v, want %v", got.EpochEntries(), want)
		}
		if last != total || total != got.Size() {
			t.Fatalf("progress ended at %d of %d, size %d", last, total, got.Size())
		}
	}
}
