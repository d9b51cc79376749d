package storage

import (
	"encoding/binary"
	"testing"

	"github.com/gregorhq/gregor/record"
)

// A client's batch claims LogAppendTime (attribute bit 3) and has a max timestamp of its own in the
// header. The topic has CreateTime and compresses again (compression.type=gzip). The records keep
// their own timestamps and the bounds hold, as on a topic with compression.type=producer.
func TestAppendTimeOfAClientDoesNotSurviveARecompression(t *testing.T) {
	for _, codec := range []CompressionType{CompressionProducer, CompressionProducer + 2, CompressionProducer + 3} {
		for _, header := range []int64{1 << 50, 5, -1} {
			c := testConfig()
			c.CompressionType, c.TimestampAfterMsMax = codec, 1000
			l, _ := newTestLog(t, c)
			b := batchOf(t, 3, 10, 900)
			b[22] |= 8
			binary.BigEndian.PutUint64(b[35:], uint64(header))
			_, err := l.AppendAsLeader(restamp(b), AppendOptions{LeaderEpoch: 1, NowMs: 1000})
			if err != nil {
				t.Fatalf("codec %d, header %d: %v", codec, header, err)
			}
			r, err := l.Read(0, ReadOptions{MaxBytes: 1 << 20, MinOneBatch: true, Below: l.LogEndOffset()})
			if err != nil {
				t.Fatal(err)
			}
			got, _ := r.Slice.ReadInto(nil)
			r.Slice.Close()
			newest := int64(-1)
			var rd record.Reader
			for rd.Reset(record.Batch(got), record.Limits{}); rd.Next(); {
				newest = max(newest, rd.Record().Timestamp)
			}
			if h := record.Batch(got).MaxTimestamp(); newest != h || newest > 2000 {
				t.Errorf("codec %d, header %d: the stored header has max timestamp %d, the newest record %d (clock 1000, at most 2000)", codec, header, h, newest)
			}
		}
	}
}
