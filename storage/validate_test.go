package storage

import (
	"encoding/binary"
	"errors"
	"math"
	"math/rand"
	"testing"

	cost "github.com/gregorhq/gregor/internal/check"
	"github.com/gregorhq/gregor/record"
)

// lying is a client batch of which the header says another max timestamp than the records.
func lying(tb testing.TB, b record.Batch, maxTimestamp int64) record.Batch {
	tb.Helper()
	binary.BigEndian.PutUint64(b[35:], uint64(maxTimestamp))
	return restamp(b)
}

// A header beyond the topic's bounds over records within them: the records are right, or retention, the expiry of producers and
// the rolling of segments would go by what nobody has checked.
func TestMaxTimestampIsThatOfTheRecords(t *testing.T) {
	const now = int64(1_700_000_000_000)
	const year = 365 * 24 * 3600 * 1000
	past := DefaultConfig()
	past.TimestampBeforeMsMax = 3600 * 1000
	for name, c := range map[string]struct {
		config *Config
		header int64
	}{
		"far ahead":                  {DefaultConfig(), 1 << 62},
		"below the bound":            {past, 5},
		"within the bounds, checked": {past, now + 1},
		"far behind":                 {DefaultConfig(), -1 << 63},
	} {
		l, _ := newTestLog(t, c.config)
		for _, codec := range []record.Codec{record.None, record.LZ4} {
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
		if n := l.RemoveExpiredProducers(now + year); n != 2 {
			t.Errorf("%s: %d producers expired", name, n)
		}
		if err := l.Roll(now); err != nil {
			t.Fatal(err)
		}
		l.SetHighWatermark(l.LogEndOffset())
		if n, _, err := l.DeleteOldSegments(now + year); n != 1 || err != nil {
			t.Errorf("%s: %d segments deleted after a year, %v", name, n, err)
		}
	}
}

// Headers that rise roll no segment each.
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

// Who says in a hundred bytes that he sends 2^31-1 records gets no offsets for them, which would be a segment each time.
func TestClaimedCountsAreRefused(t *testing.T) {
	l, _ := newTestLog(t, testConfig())
	for codec := record.Gzip; codec <= record.Zstd; codec++ {
		for _, filler := range []int{0, 100_000} { // noise, so that the payload itself has room for more than may be decompressed
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

// A bomb that the topic wants uncompressed is refused when it is too large, and not after all of it was written out.
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
	took := cost.Allocated(func() {
		_, err = l.AppendAsLeader(in, AppendOptions{LeaderEpoch: 1, NowMs: 1000, Origin: OriginClient})
	})
	if !errors.As(err, &refused) || refused.Kind != RecordTooLarge {
		t.Error(err)
	}
	if took > 30<<20 {
		t.Errorf("%d MiB for a batch of 16 MiB", took>>20)
	}
}
