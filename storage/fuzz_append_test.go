package storage

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"testing"

	"github.com/gregorhq/gregor/internal/testkit"
	"github.com/gregorhq/gregor/record"
)

// fuzzDecompressed is max.decompressed.message.bytes of fuzzed topics.
const fuzzDecompressed = 1 << 20

// fuzzConfig is a topic's configuration made of a few bits.
func fuzzConfig(how uint16) *Config {
	c := testConfig()
	c.MaxDecompressedBytes, c.IndexIntervalBytes, c.SegmentBytes = fuzzDecompressed, 100, 64<<10
	c.LogAppendTime = how&1 != 0
	if how&2 != 0 {
		c.CleanupPolicy = CleanupCompact
	}
	if how&4 != 0 {
		c.TimestampBeforeMsMax, c.TimestampAfterMsMax = 1000, 1000
	}
	c.CompressionType = CompressionProducer + CompressionType(how>>3%6)
	return c
}

// restamp gives each batch the checksum of its bytes, which a fuzzer does not guess.
func restamp(in []byte) []byte {
	in = bytes.Clone(in)
	for rest := in; len(rest) > 0; {
		b, tail, err := record.Next(rest)
		if err != nil {
			break
		}
		binary.BigEndian.PutUint32(b[17:], b.ComputeCRC())
		rest = tail
	}
	return in
}

// FuzzAppend: what any client, coordinator or leader sends is refused in words and changes nothing,
// or it is in the log, can be read record by record, and is there after a stop of either kind; its
// cost is bounded by its bytes and what they may unpack to.
func FuzzAppend(f *testing.F) {
	addBatches(f)
	f.Fuzz(func(t *testing.T, in []byte, how uint16, origin byte) {
		testkit.Bounded(t)
		c := fuzzConfig(how)
		l, m := newTestLog(t, c)
		mustAppend(t, l, batchOf(t, 2, 10, 1000))
		in = restamp(in)
		var info AppendInfo
		var err error
		send := func(l *Log, in []byte) (AppendInfo, error) {
			if origin%3 == 2 {
				return l.AppendAsFollower(in, AnyEpoch, 1000)
			}
			return l.AppendAsLeader(in, AppendOptions{LeaderEpoch: 1, NowMs: 1000, Origin: []Origin{OriginClient, OriginCoordinator}[origin%3]})
		}
		took := testkit.Allocated(func() { info, err = send(l, bytes.Clone(in)) })
		if may := int64(testkit.Factor*len(in) + 8<<20 + 8*fuzzDecompressed); took > may {
			t.Errorf("%d bytes of memory for %d bytes, %d are allowed", took, len(in), may)
		}
		var refused *AppendError
		switch {
		case errors.As(err, &refused):
			if info.NumBytes != 0 || l.LogEndOffset() != 2 {
				t.Fatalf("%v, and %d bytes, end %d", err, info.NumBytes, l.LogEndOffset())
			}
		case err != nil:
			t.Fatal(err)
		case info.NumBytes > 0 && l.LogEndOffset() != info.LastOffset+1:
			t.Fatalf("end %d after %+v", l.LogEndOffset(), info)
		}
		end := l.LogEndOffset()
		readable(t, l, c, origin%3 == 0)
		if end < 1<<62 {
			mustAppend(t, l, batchOf(t, 1, 1, 1000))
			end++
		}
		if err := l.Sync(end); err != nil {
			t.Fatal(err)
		}
		if err := l.Close(how&1024 != 0); err != nil {
			t.Fatal(err)
		}
		o := testOptions(m, c)
		o.CleanShutdown = how&1024 != 0
		if origin%3 == 2 {
			o.RecoveryPoint = end // a gap above it is taken for lost records, and what a leader sends may have any gap
		}
		again := mustOpen(t, o)
		if again.LogEndOffset() != end {
			t.Fatalf("end %d after a restart, %d before", again.LogEndOffset(), end)
		}
		readable(t, again, c, origin%3 == 0)
		if err := again.Close(true); err != nil {
			t.Fatal(err)
		}
	})
}

// addBatches adds batches of all codecs, batches that unpack to too much, and markers.
func addBatches(f *testing.F) {
	for codec := record.None; codec <= record.Zstd; codec++ {
		packed, err := record.Recompress(nil, batchOf(f, 5, 50, 900), codec, record.DefaultLevel, record.Limits{})
		if err != nil {
			f.Fatal(err)
		}
		for how := range uint16(3) {
			f.Add(packed, how<<3|uint16(codec), byte(how))
		}
		b := record.NewBuilder(record.BuilderOptions{Codec: codec, LeaderEpoch: -1, Producer: &record.Producer{ID: 7}})
		if err := b.Append(0, 1000, nil, make([]byte, 2*fuzzDecompressed), nil); err != nil {
			f.Fatal(err)
		}
		bomb, err := b.Bytes()
		if err != nil {
			f.Fatal(err)
		}
		if codec != record.None {
			f.Add(bytes.Clone(bomb), uint16(2), byte(0))
			f.Add(bytes.Clone(bomb), uint16(8), byte(0))
		}
	}
	one := batchOf(f, 1, 10, 1000)
	claims := bytes.Clone(batchOf(f, 2, 10, 1000)) // LogAppendTime, with a time in the header
	claims[22] |= 8
	binary.BigEndian.PutUint64(claims[35:], 1<<40)
	f.Add(claims, uint16(2<<3), byte(0))
	f.Add([]byte(append(bytes.Clone(one), one...)), uint16(1), byte(0))
	f.Add([]byte(record.EndTxnMarker{Commit: true}.Build(0, 1000, 0, 7, 0)), uint16(0), byte(1))
}

// readable reads a log from its start. Every batch is valid. If a leader has taken them from
// clients, every record can be read too, and the headers match the records. Followers and
// coordinators do not check that.
func readable(t *testing.T, l *Log, c *Config, produced bool) {
	t.Helper()
	for at, end := l.LogStartOffset(), l.LogEndOffset(); at < end; {
		r, err := l.Read(at, ReadOptions{MaxBytes: 1, MinOneBatch: true, Below: end})
		if err != nil {
			t.Fatal(err)
		}
		got, err := r.Slice.ReadInto(nil)
		r.Slice.Close()
		if err != nil || len(got) == 0 {
			t.Fatalf("at %d: %d bytes, %v", at, len(got), err)
		}
		for len(got) > 0 {
			b, rest, err := record.Next(got)
			if err == nil {
				err = b.Validate()
			}
			if err == nil && produced && !b.IsControl() {
				err = matches(b, c)
			}
			if err != nil || b.NextOffset() <= at {
				t.Fatalf("at %d: a batch that ends before %d, %v", at, b.NextOffset(), err)
			}
			at, got = b.NextOffset(), rest
		}
	}
}

// matches compares the header of a batch with its records.
func matches(b record.Batch, c *Config) error {
	n, next, newest := int32(0), b.BaseOffset(), int64(record.NoTimestamp)
	var rd record.Reader
	for rd.Reset(b, c.limits()); rd.Next(); n, next = n+1, next+1 {
		r := rd.Record()
		if r.Offset != next {
			return fmt.Errorf("record %d has offset %d", n, r.Offset)
		}
		newest = max(newest, r.Timestamp)
	}
	switch {
	case rd.Err() != nil:
		return rd.Err()
	case n != b.Count() || next != b.NextOffset():
		return fmt.Errorf("%d records up to %d, the header has %d up to %d", n, next, b.Count(), b.NextOffset())
	case newest != b.MaxTimestamp():
		return fmt.Errorf("the newest record has timestamp %d, the header %d", newest, b.MaxTimestamp())
	case (b.TimestampType() == record.LogAppendTime) != c.LogAppendTime:
		return fmt.Errorf("timestamp type %v", b.TimestampType())
	}
	return nil
}

// A batch with a header of one record, whose record has offset delta 5, does not get five offsets,
// whether or not the topic compresses again.
func TestOffsetsThatDoNotCountUpAreNotPackedAnew(t *testing.T) {
	c := testConfig()
	c.CompressionType = CompressionGzip
	l, _ := newTestLog(t, c)
	b := record.NewBuilder(record.BuilderOptions{LeaderEpoch: -1})
	if err := b.Append(5, 1000, nil, []byte("x"), nil); err != nil {
		t.Fatal(err)
	}
	in, err := b.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	binary.BigEndian.PutUint32(in[23:], 0) // last offset delta
	var refused *AppendError
	if _, err := l.AppendAsLeader(restamp(in), AppendOptions{LeaderEpoch: 1, NowMs: 1000}); !errors.As(err, &refused) || refused.Kind != InvalidRecord || l.LogEndOffset() != 0 {
		t.Fatalf("%v, end %d", err, l.LogEndOffset())
	}
}
