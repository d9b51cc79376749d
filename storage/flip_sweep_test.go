package storage

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/gregorhq/gregor/record"
	"github.com/gregorhq/gregor/storage/internal/segfile"
	"github.com/gregorhq/gregor/vfs"
)

// flipModel is what a small log directory holds.
type flipModel struct {
	disk      *vfs.Mem
	config    *Config
	image     diskImage // the partition's folder
	root      diskImage // the files of the log directory
	end       int64
	records   map[int64]string
	batches   []segfile.Head // with pos in the segment's file
	aborted   string
	producers string
	times     []int64
}

const flipRoot = "data"

func newFlipModel(t *testing.T) *flipModel {
	c := txnConfig()
	c.IndexIntervalBytes = 150
	l, disk := newTestLog(t, c)
	l.topicID = [16]byte{1, 2, 3}
	check(t, WritePartitionMetadata(disk, testDir, l.topicID))
	s := &txnScript{t, l, map[int64]int32{}}
	m := &flipModel{disk: disk, config: c, records: map[int64]string{}}
	for i := range 8 {
		s.data(7)
		s.data(8)
		s.end(7, i%3 == 0)
		mustAppend(t, l, batchOf(t, 3, 20, int64(5000+100*i)))
		s.end(8, i%2 == 0)
	}
	m.end = l.LogEndOffset()
	l.SetHighWatermark(m.end)
	for _, b := range allBatches(t, l) {
		var r record.Reader
		for r.Reset(b, record.Limits{}); r.Next(); {
			rec := r.Record()
			m.records[rec.Offset] = fmt.Sprintf("%q=%q", rec.Key, rec.Value)
		}
	}
	for _, s := range l.segments {
		check(t, s.walk(func(h *segfile.Head, _ []byte) error {
			m.batches = append(m.batches, *h)
			return nil
		}))
	}
	m.aborted, m.producers = listOf(t, l), fmt.Sprint(l.Producers())
	m.times = m.lookUps(t, l)
	check(t, l.Close(true))
	tp := TopicPartition{"topic", 0}
	for _, name := range []string{RecoveryPointCheckpoint, LogStartOffsetCheckpoint, ReplicationOffsetCheckpoint, CleanerOffsetCheckpoint} {
		check(t, WriteOffsetCheckpoint(disk, filepath.Join(flipRoot, name), map[TopicPartition]int64{tp: m.end}))
	}
	check(t, WriteMetaProperties(disk, flipRoot, MetaProperties{ClusterID: "c", NodeID: 1, DirectoryID: [16]byte{4}}))
	check(t, WriteCleanShutdown(disk, flipRoot, 5))
	m.image = imageOf(t, disk, testDir)
	m.root = diskImage{}
	names, err := disk.ReadDir(flipRoot)
	check(t, err)
	for _, e := range names {
		if !e.IsDir() {
			m.root[e.Name()], err = vfs.ReadFile(disk, filepath.Join(flipRoot, e.Name()))
			check(t, err)
		}
	}
	return m
}

// lookUps is the answers of look-ups by time.
func (m *flipModel) lookUps(t *testing.T, l *Log) (out []int64) {
	t.Helper()
	for ts := int64(4990); ts < 5800; ts += 45 {
		to, found, err := l.OffsetForTimestamp(ts)
		if err != nil {
			out = append(out, -2)
			continue
		}
		if !found {
			to.Offset = -1
		}
		out = append(out, to.Offset)
	}
	return out
}

// sweepBytes calls flip for the bytes of data: all bits of all of them when GREGOR_FLIP_SWEEP is
// "all", else a sample.
func sweepBytes(rng *rand.Rand, data []byte, flip func(at int, bits byte)) {
	all := os.Getenv("GREGOR_FLIP_SWEEP") == "all"
	for at := range data {
		for bit := range 8 {
			if all || rng.IntN(24) == 0 {
				flip(at, 1<<bit)
			}
		}
	}
}

// One wrong bit anywhere in a partition's folder loses nothing silently, and never looks like a
// failed disk. A strict consumer reads every record, except those of a damaged batch, and these
// give an error or fail their checksum.
func TestFlippedBitsOfAPartitionAreFound(t *testing.T) {
	m := newFlipModel(t)
	kinds := map[string]int{}
	for _, name := range slices.Sorted(maps.Keys(m.image)) {
		rng := rand.New(rand.NewPCG(1, uint64(len(name))))
		sweepBytes(rng, m.image[name], func(at int, bits byte) {
			kinds[filepath.Ext(name)]++
			for _, clean := range []bool{true, false} {
				m.check(t, name, at, bits, clean)
			}
		})
	}
	for _, ext := range []string{segfile.LogSuffix, segfile.IndexSuffix, segfile.TimeIndexSuffix, segfile.TxnIndexSuffix, ".snapshot", ".metadata", ""} {
		if kinds[ext] == 0 {
			t.Errorf("no bit of a %q file was flipped: %v", ext, kinds)
		}
	}
}

func (m *flipModel) check(t *testing.T, name string, at int, bits byte, clean bool) {
	t.Helper()
	where := fmt.Sprintf("%s:%d ^ %#x, clean %v", name, at, bits, clean)
	o := testOptions(m.image.flip(name, at, bits).write(t, testDir), m.config)
	o.CleanShutdown, o.RecoveryPoint, o.TopicID = clean, m.end, [16]byte{1, 2, 3}
	l, err := Open(o)
	if err != nil {
		if c := Classify(err); c != ClassPartition && c != ClassIndex || name != PartitionMetadataFile {
			t.Fatalf("%s: class %v: %v", where, c, err)
		}
		return
	}
	l.SetHighWatermark(m.end)
	damaged := m.batchAt(name, at)
	bad := m.consume(t, l, where, damaged)
	for offset := range m.end {
		hit := damaged != nil && offset >= damaged.Base && offset <= damaged.Last
		if bad[offset] && !hit {
			t.Fatalf("%s: offset %d cannot be read", where, offset)
		}
	}
	if damaged == nil {
		got, err := l.AbortedTxns(0, m.end)
		if fmt.Sprint(got) != m.aborted {
			t.Fatalf("%s: aborted transactions %v, %v, want %s", where, got, err, m.aborted)
		}
		if got := m.lookUps(t, l); !slices.Equal(got, m.times) {
			t.Fatalf("%s: look-ups by time\n got %v\nwant %v", where, got, m.times)
		}
		if got := fmt.Sprint(l.Producers()); got != m.producers {
			t.Fatalf("%s: producers\n got %s\nwant %s", where, got, m.producers)
		}
	}
	for _, op := range []func() error{
		func() error { _, _, err := l.DeleteOldSegments(6000); return err },
		func() error {
			_, err := l.AppendAsLeader(batchOf(t, 1, 5, 1), AppendOptions{LeaderEpoch: 9, NowMs: 1000})
			return err
		},
		func() error { return l.Sync(l.LogEndOffset()) },
		func() error { return l.Close(true) },
	} {
		if err := op(); Classify(err) == ClassDisk {
			t.Fatalf("%s: %v", where, err)
		}
	}
}

// batchAt is the batch that a byte of a .log file belongs to, nil for other files.
func (m *flipModel) batchAt(name string, at int) *segfile.Head {
	base, suffix, _ := segfile.ParseOffsetName(name)
	if suffix != segfile.LogSuffix {
		return nil
	}
	seen := false
	for i := range m.batches {
		h := &m.batches[i]
		if h.Pos == 0 {
			seen = h.Base == base
		}
		if seen && int64(at) >= h.Pos && int64(at) < h.End() {
			return h
		}
	}
	return nil
}

// consume reads the log as a strict consumer and returns the offsets that it could not read. It
// fails the test when a batch that passes its checks holds other records than the model.
func (m *flipModel) consume(t *testing.T, l *Log, where string, damaged *segfile.Head) map[int64]bool {
	t.Helper()
	bad := map[int64]bool{}
	for from := int64(0); from < m.end; {
		r, err := l.Read(from, ReadOptions{MaxBytes: 200, MinOneBatch: true, Below: l.LogEndOffset()})
		if err != nil && Classify(err) != ClassPartition {
			t.Fatalf("%s: read of %d: class %v: %v", where, from, Classify(err), err)
		}
		data, rerr := r.Slice.ReadInto(nil)
		r.Slice.Close()
		if err == nil && len(data) == 0 {
			t.Fatalf("%s: offset %d of %d: no records and no error", where, from, l.LogEndOffset())
		}
		next := from
		if err == nil && rerr == nil {
			next = m.batch(t, data, from, where, damaged)
		}
		if next == from { // the consumer reports the offset and skips it
			bad[from] = true
			next++
		}
		from = next
	}
	return bad
}

// batch checks the first batch of data, which holds offset from, and returns the offset after it;
// from when it is damaged.
func (m *flipModel) batch(t *testing.T, data []byte, from int64, where string, damaged *segfile.Head) int64 {
	t.Helper()
	b, _, err := record.Next(data)
	if err == nil && b.Validate() == nil && b.BaseOffset() > from {
		// A consumer goes on behind the batch, and never learns of the offsets before it.
		t.Fatalf("%s: the read of %d gives offset %d", where, from, b.BaseOffset())
	}
	if err != nil || b.Validate() != nil || b.BaseOffset() > from || b.LastOffset() < from {
		return from
	}
	own := damaged != nil && len(b) == int(damaged.Size) // offset and epoch are not under the checksum
	var r record.Reader
	for r.Reset(b, record.Limits{}); r.Next(); {
		rec := r.Record()
		if got := fmt.Sprintf("%q=%q", rec.Key, rec.Value); rec.Offset >= from && got != m.records[rec.Offset] && !own {
			t.Fatalf("%s: offset %d holds %s, want %s", where, rec.Offset, got, m.records[rec.Offset])
		}
	}
	if r.Err() != nil {
		return from
	}
	return b.NextOffset()
}

// One wrong bit in a file of the log directory is an error of that file at most.
func TestFlippedBitsOfALogDirectoryAreNoDiskErrors(t *testing.T) {
	m := newFlipModel(t)
	for name, data := range m.root {
		rng := rand.New(rand.NewPCG(2, uint64(len(name))))
		sweepBytes(rng, data, func(at int, bits byte) {
			disk := m.root.flip(name, at, bits).write(t, flipRoot)
			var err error
			switch {
			case strings.HasSuffix(name, "-checkpoint"):
				_, err = ReadOffsetCheckpoint(disk, filepath.Join(flipRoot, name))
			case name == MetaPropertiesFile:
				_, _, err = ReadMetaProperties(disk, flipRoot)
			case name == CleanShutdownFile:
				_, _, err = ReadCleanShutdown(disk, flipRoot)
			default:
				t.Fatalf("what is %s?", name)
			}
			if c := Classify(err); c != ClassNone && c != ClassIndex {
				t.Fatalf("%s:%d ^ %#x: class %v: %v", name, at, bits, c, err)
			}
		})
	}
}
