package storage

import (
	"testing"

	"github.com/gregorhq/gregor/record"
	"github.com/gregorhq/gregor/storage/internal/segfile"
	"github.com/gregorhq/gregor/vfs"
)

// testdata/kafka-killed is the folder of a partition of Apache Kafka 4.4.0 after kill -9: 180
// records by two idempotent producers, the second with zstd, index.interval.bytes=200,
// segment.index.bytes=2048. The indexes are preallocated and padded with zeros.
func TestFolderOfAKilledKafka(t *testing.T) {
	img := imageOf(t, vfs.OS(), "testdata/kafka-killed")
	name := segfile.OffsetName(0)
	if len(img[name+segfile.IndexSuffix]) != 2048 || len(img[name+segfile.TimeIndexSuffix]) != 2040 {
		t.Fatal("the fixture's indexes are not padded")
	}
	offsets, ok := segfile.ParseOffsetIndex(img[name+segfile.IndexSuffix], int64(len(img[name+segfile.LogSuffix])))
	if !ok || len(offsets) < 10 {
		t.Fatalf("%d entries, %v", len(offsets), ok)
	}
	var read [][]byte
	for _, clean := range []bool{false, true} {
		c := testConfig()
		c.IndexIntervalBytes = 200
		o := testOptions(img.write(t, testDir), c)
		o.CleanShutdown, o.RecoveryPoint = clean, 180
		l := mustOpen(t, o)
		if l.LogEndOffset() != 180 || l.TopicID() == ([16]byte{}) {
			t.Fatalf("clean %v: end %d, topic id %x", clean, l.LogEndOffset(), l.TopicID())
		}
		b := readAll(t, l, 0, 1000)
		read = append(read, b)
		records := 0
		for batch, err := range record.Batches(b) {
			if err != nil || batch.Validate() != nil {
				t.Fatal(err, batch.Validate())
			}
			records += int(batch.Count())
		}
		if records != 180 {
			t.Fatalf("%d records", records)
		}
		// Kafka's own entries stand: they are what gregor would have written.
		s := l.segments[0]
		if err := s.loadIndex(); err != nil {
			t.Fatal(err)
		}
		x := s.idx
		for i, e := range offsets { // read from the file, or made by recovery: the same
			if x.Offsets[i] != e {
				t.Fatalf("clean %v: entry %d: %v, Kafka's %v", clean, i, x.Offsets[i], e)
			}
		}
		if got, found, err := l.MaxTimestampOffset(); err != nil || !found || got.Offset < 170 {
			t.Fatalf("%+v %v %v", got, found, err)
		}
		if n := len(l.Producers()); !clean && n != 2 {
			t.Fatalf("%d producers", n)
		}
		mustAppend(t, l, batchOf(t, 1, 10, 1))
		if err := l.Close(true); err != nil {
			t.Fatal(err)
		}
	}
	if string(read[0]) != string(read[1]) {
		t.Fatal("the two ways to open differ")
	}
}
