package storage

import (
	"bytes"
	"encoding/binary"
	"errors"
	"math"
	"math/rand"
	"strings"
	"testing"

	"github.com/gregorhq/gregor/internal/testkit"
	"github.com/gregorhq/gregor/record"
)

// lying is a client's batch whose header has another max timestamp than the records.
func lying(tb testing.TB, b record.Batch, maxTimestamp int64) record.Batch {
	tb.Helper()
	binary.BigEndian.PutUint64(b[35:], uint64(maxTimestamp))
	return restamp(b)
}

// The max timestamp in the header of a client's batch does not count: the records are right. Sarama
// sends -1, kafka-go the time of the last record. Retention, the expiry of producers, look-ups by
// time and the rolling of segments go by the header that is stored.
func TestMaxTimestampIsThatOfTheRecords(t *testing.T) {
	const now = int64(1_700_000_000_000)
	const year = 365 * 24 * 3600 * 1000
	past := DefaultConfig()
	past.TimestampBeforeMsMax = 3600 * 1000
	for name, c := range map[string]struct {
		config *Config
		header int64
	}{
		"far ahead":                   {DefaultConfig(), 1 << 62},
		"below the bound":             {past, 5},
		"within the bounds":           {past, now + 1},
		"far behind":                  {DefaultConfig(), -1 << 63},
		"none, as Sarama sends it":    {DefaultConfig(), record.NoTimestamp},
		"of the last record":          {DefaultConfig(), now + 2},
		"of the epoch":                {DefaultConfig(), 0},
		"a little ahead":              {DefaultConfig(), now + 1000},
		"already that of the records": {DefaultConfig(), now + 7},
	} {
		l, _ := newTestLog(t, c.config)
		for codec := record.None; codec <= record.Zstd; codec++ {
			b := record.NewBuilder(record.BuilderOptions{LeaderEpoch: -1, Codec: codec, Producer: &record.Producer{ID: int64(codec)}})
			for i, ts := range []int64{now, now + 7, now + 2} {
				if err := b.Append(int64(i), ts, nil, nil, nil); err != nil {
					t.Fatal(err)
				}
			}
			in, err := b.Bytes()
			if err != nil {
				t.Fatal(err)
			}
			end := l.LogEndOffset()
			info, err := l.AppendAsLeader(lying(t, in, c.header), AppendOptions{LeaderEpoch: 1, NowMs: now, Origin: OriginClient})
			if err != nil || info.MaxTimestamp != now+7 {
				t.Fatalf("%s: %+v, %v", name, info, err)
			}
			stored := record.Batch(readAll(t, l, end, 1))
			if stored.MaxTimestamp() != now+7 || stored.BaseTimestamp() != now || stored.TimestampType() != record.CreateTime || stored.Validate() != nil {
				t.Errorf("%s, %s: stored with max timestamp %d, %v", name, codec, stored.MaxTimestamp(), stored.Validate())
			}
		}
		if found, ok, err := l.OffsetForTimestamp(now + 1); !ok || found.Offset != 1 || err != nil {
			t.Errorf("%s: the record of a time is %+v, %v, %v", name, found, ok, err)
		}
		if n := l.RemoveExpiredProducers(now); n != 0 {
			t.Errorf("%s: %d producers expired at once", name, n)
		}
		if n := l.RemoveExpiredProducers(now + year); n != 5 {
			t.Errorf("%s: %d producers expired after a year", name, n)
		}
		if err := l.Roll(now); err != nil {
			t.Fatal(err)
		}
		l.SetHighWatermark(l.LogEndOffset())
		if n, _, err := l.DeleteOldSegments(now); n != 0 || err != nil {
			t.Errorf("%s: %d segments of fresh records deleted, %v", name, n, err)
		}
		if n, _, err := l.DeleteOldSegments(now + year); n != 1 || err != nil {
			t.Errorf("%s: %d segments deleted after a year, %v", name, n, err)
		}
	}
}

// A record of a time that the topic does not take is refused behind any header.
func TestTimestampBoundsHoldBehindAnyHeader(t *testing.T) {
	const now = int64(1_700_000_000_000)
	for _, header := range []int64{record.NoTimestamp, 0, now} {
		l, _ := newTestLog(t, DefaultConfig())
		_, err := l.AppendAsLeader(lying(t, batchOf(t, 1, 10, 1000*now), header), AppendOptions{NowMs: now, Origin: OriginClient})
		var refused *AppendError
		if !errors.As(err, &refused) || refused.Kind != InvalidTimestamp || len(refused.RecordErrors) != 1 ||
			refused.Text != "One or more records have been rejected due to invalid timestamp" {
			t.Errorf("header %d: %v", header, err)
		}
	}
}

// Bytes that are no records are refused in batches of every codec: a consumer would stop at them.
func TestPayloadsThatAreNoRecordsAreRefused(t *testing.T) {
	header := []byte{ // one record whose header has a null key
		0x12, 0, 0, 0, 2, 'k', 2, 'v', 2, 1, 1,
	}
	header[0] = byte(2 * (len(header) - 1))
	good := batchOf(t, 1, 10, 1000).Payload()
	for name, payload := range map[string][]byte{
		"null header key": header,
		"garbage":         bytes.Repeat([]byte{0xff}, 20),
		"zeros":           make([]byte, 20),
		"nothing":         nil,
		"a byte too many": append(bytes.Clone(good), 0),
		"a byte short":    good[:len(good)-1],
	} {
		for codec := record.None; codec <= record.Zstd; codec++ {
			packed, err := record.Compress(bytes.Clone(batchOf(t, 1, 10, 1000)[:record.HeaderSize]), payload, codec, record.DefaultLevel)
			if err != nil {
				t.Fatal(err)
			}
			binary.BigEndian.PutUint32(packed[8:], uint32(len(packed)-record.LogOverhead))
			packed[22] = byte(codec)
			l, _ := newTestLog(t, testConfig())
			var refused *AppendError
			_, err = l.AppendAsLeader(restamp(packed), AppendOptions{LeaderEpoch: 1, NowMs: 1000, Origin: OriginClient})
			if !errors.As(err, &refused) || refused.Kind != InvalidRecord || l.LogEndOffset() != 0 {
				t.Errorf("%s, %s: %v, end %d", name, codec, err, l.LogEndOffset())
			}
		}
	}
}

// Records without a key are refused on a compacted topic in Kafka's words.
func TestKeylessRecordsOnACompactedTopic(t *testing.T) {
	c := testConfig()
	c.CleanupPolicy = CleanupCompact
	l, _ := newTestLog(t, c)
	b := record.NewBuilder(record.BuilderOptions{LeaderEpoch: -1})
	for i, key := range [][]byte{[]byte("k"), nil, nil, nil, nil} {
		if err := b.Append(int64(i), 1000, key, []byte("v"), nil); err != nil {
			t.Fatal(err)
		}
	}
	in, err := b.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	_, err = l.AppendAsLeader(in, AppendOptions{NowMs: 1000, Origin: OriginClient})
	var refused *AppendError
	if !errors.As(err, &refused) || refused.Kind != InvalidRecord || refused.NoKey != 4 || len(refused.RecordErrors) != 4 {
		t.Fatal(err)
	}
	each := "Compacted topic cannot accept message without key in topic partition topic-0"
	if refused.RecordErrors[0] != (RecordError{1, each}) {
		t.Errorf("%+v", refused.RecordErrors[0])
	}
	want := "One or more records have been rejected due to 4 record errors in total, and only showing the first three errors at most: " +
		"[RecordError(batchIndex=1, message='" + each + "'), RecordError(batchIndex=2, message='" + each + "'), RecordError(batchIndex=3, message='" + each + "')]"
	if refused.Text != want {
		t.Errorf("got  %s\nwant %s", refused.Text, want)
	}
}

// A delete horizon is for compaction to set: tombstones go by it. A timestamp type is the topic's.
func TestClientsDoNotSetAttributesOfBrokers(t *testing.T) {
	for _, appendTime := range []bool{false, true} {
		c := testConfig()
		c.LogAppendTime = appendTime
		l, _ := newTestLog(t, c)
		in := batchOf(t, 2, 10, 1000)
		in[22] |= 0x40 // delete horizon
		if !appendTime {
			in[22] |= 0x08 // LogAppendTime
		}
		if _, err := l.AppendAsLeader(restamp(in), AppendOptions{NowMs: 1500, Origin: OriginClient}); err != nil {
			t.Fatal(err)
		}
		b := record.Batch(readAll(t, l, 0, 1))
		want, wantType := int64(1001), record.CreateTime
		if appendTime {
			want, wantType = 1500, record.LogAppendTime
		}
		if _, ok := b.DeleteHorizon(); ok || b.TimestampType() != wantType || b.MaxTimestamp() != want || b.Validate() != nil {
			t.Errorf("LogAppendTime %t: stored with attributes %x, max timestamp %d", appendTime, b.Attributes(), b.MaxTimestamp())
		}
	}
}

// Max timestamps that rise in the headers do not roll a segment each.
func TestLyingTimestampsRollNothing(t *testing.T) {
	const now = int64(1_700_000_000_000)
	l, _ := newTestLog(t, DefaultConfig())
	for i := range int64(20) {
		b := lying(t, batchOf(t, 1, 10, now), 1<<61+i*8*24*3600*1000)
		if _, err := l.AppendAsLeader(b, AppendOptions{LeaderEpoch: 1, NowMs: now, Origin: OriginClient}); err != nil {
			t.Fatal(err)
		}
	}
	if n := l.SegmentCount(); n != 1 {
		t.Errorf("%d segments for 20 records of one time", n)
	}
}

// A batch of a hundred bytes that claims 2^31-1 records gets no offsets. They would fill a segment.
func TestClaimedCountsAreRefused(t *testing.T) {
	l, _ := newTestLog(t, testConfig())
	for codec := record.Gzip; codec <= record.Zstd; codec++ {
		// With the filler, the payload has room for more than may be decompressed.
		for _, filler := range []int{0, 100_000} {
			b := record.NewBuilder(record.BuilderOptions{LeaderEpoch: -1, Codec: codec})
			if err := b.Append(0, 1000, nil, noise(filler), nil); err != nil {
				t.Fatal(err)
			}
			in, err := b.Bytes()
			if err != nil {
				t.Fatal(err)
			}
			binary.BigEndian.PutUint32(in[23:], math.MaxInt32-1) // last offset delta
			binary.BigEndian.PutUint32(in[57:], math.MaxInt32)   // count
			var refused *AppendError
			_, err = l.AppendAsLeader(restamp(in), AppendOptions{LeaderEpoch: 1, NowMs: 1000, Origin: OriginClient})
			if !errors.As(err, &refused) || refused.Kind != InvalidRecord || l.LogEndOffset() != 0 {
				t.Errorf("%s, %d bytes: %v, end %d", codec, len(in), err, l.LogEndOffset())
			}
		}
	}
}

// noise is n bytes that do not compress.
func noise(n int) []byte {
	out := make([]byte, n)
	rand.New(rand.NewSource(1)).Read(out)
	return out
}

// A small batch with a large output, on a topic that wants it uncompressed, is refused as soon as
// it is too large.
func TestBombsAreNotWrittenOut(t *testing.T) {
	c := testConfig()
	c.CompressionType, c.MaxMessageBytes = CompressionUncompressed, 1<<20
	l, _ := newTestLog(t, c)
	b := record.NewBuilder(record.BuilderOptions{LeaderEpoch: -1, Codec: record.Zstd})
	for i := range int64(64) {
		if err := b.Append(i, 1000, nil, make([]byte, 256<<10), nil); err != nil {
			t.Fatal(err)
		}
	}
	in, err := b.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	var refused *AppendError
	took := testkit.Allocated(func() {
		_, err = l.AppendAsLeader(in, AppendOptions{LeaderEpoch: 1, NowMs: 1000, Origin: OriginClient})
	})
	if !errors.As(err, &refused) || refused.Kind != RecordTooLarge {
		t.Error(err)
	}
	// The race detector drops buffers from pools at random, so the batch may be decompressed into
	// two buffers of 16 MiB. Records that are written out take over 64 MiB more.
	if took > 48<<20 {
		t.Errorf("%d MiB for a batch of 16 MiB", took>>20)
	}
}

// Records without a timestamp have the age of their file, as in Kafka. librdkafka sends them on
// request.
func TestRecordsWithoutTimestampAreNotOld(t *testing.T) {
	l, fs := newTestLog(t, DefaultConfig())
	info, err := fs.Stat(testDir + "/00000000000000000000.log")
	if err != nil {
		t.Fatal(err)
	}
	now := info.ModTime().UnixMilli()
	b := batchOf(t, 1, 10, record.NoTimestamp)
	binary.BigEndian.PutUint64(b[27:], 1<<64-1) // base timestamp
	if _, err := l.AppendAsLeader(lying(t, b, 1000), AppendOptions{NowMs: now, Origin: OriginClient}); err != nil {
		t.Fatal(err)
	}
	if to, found, err := l.MaxTimestampOffset(); !found || to != (TimestampOffset{Timestamp: -1, Offset: 0, LeaderEpoch: 0}) || err != nil {
		t.Errorf("the record of the largest timestamp is %+v, %v, %v", to, found, err)
	}
	if ts := record.Batch(readAll(t, l, 0, 1)).MaxTimestamp(); ts != record.NoTimestamp {
		t.Errorf("max timestamp %d", ts)
	}
	if err := l.Roll(now); err != nil {
		t.Fatal(err)
	}
	l.SetHighWatermark(l.LogEndOffset())
	day := int64(24 * 3600 * 1000)
	for days, want := range []int{0, 0, 0, 0, 0, 0, 0, 0, 1} {
		if n, _, err := l.DeleteOldSegments(now + int64(days)*day); n != want || err != nil {
			t.Errorf("%d segments deleted after %d days, %v", n, days, err)
		}
	}
}

// TestCompressingAgainRefusesNegativeTimes: a topic that keeps another codec refuses timestamps
// below -1 and a producer id without an epoch. Other topics store both, as Apache Kafka does.
func TestCompressingAgainRefusesNegativeTimes(t *testing.T) {
	gzip := DefaultConfig()
	gzip.CompressionType = CompressionGzip
	batch := func(producer *record.Producer, times ...int64) record.Batch {
		b := record.NewBuilder(record.BuilderOptions{LeaderEpoch: -1, Producer: producer})
		for i, ts := range times {
			if err := b.AppendRecord(record.Record{Offset: int64(i), Timestamp: ts}); err != nil {
				t.Fatal(err)
			}
		}
		out, err := b.Bytes()
		if err != nil {
			t.Fatal(err)
		}
		return append(record.Batch(nil), out...)
	}
	for name, c := range map[string]struct {
		batch record.Batch
		kind  AppendErrorKind
		text  string
	}{
		"timestamp -5":              {batch(nil, -5), InvalidTimestamp, "Invalid negative timestamp -5 in topic partition"},
		"a later timestamp":         {batch(nil, 1000, -7), InvalidTimestamp, "Invalid negative timestamp -7 in topic partition"},
		"producer without an epoch": {batch(&record.Producer{ID: 5, Epoch: -1}, 1000), InvalidRecord, "Invalid negative producer epoch in topic partition"},
		"no timestamp":              {batch(nil, -1), 0, ""},
	} {
		for _, config := range []*Config{gzip, DefaultConfig()} {
			l, _ := newTestLog(t, config)
			_, err := l.AppendAsLeader(append(record.Batch(nil), c.batch...), AppendOptions{LeaderEpoch: 1, NowMs: 2000, Origin: OriginClient})
			var refused *AppendError
			if config == gzip && c.text != "" {
				if !errors.As(err, &refused) || refused.Kind != c.kind || !strings.Contains(refused.Text, c.text) || l.LogEndOffset() != 0 {
					t.Errorf("%s: %v, want %s", name, err, c.text)
				}
			} else if err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
}
