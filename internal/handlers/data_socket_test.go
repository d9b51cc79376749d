package handlers

import (
	"math/rand/v2"
	"testing"

	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/gregorhq/gregor/record"
)

// TestNoGapOverTheSocket is TestReadsHaveNoGap of storage with answers as they leave the broker:
// some record sets are copied into the answer, some are sent from the file. Segments are small and
// batches of all sizes, so answers end at segments, at limits and at the end.
func TestNoGapOverTheSocket(t *testing.T) {
	ids := map[string][16]byte{}
	addr := dataServer(t, ids)
	p := &dataProbe{t: t, addr: addr, ids: ids, w: dialWire(t, addr)}
	rng := rand.New(rand.NewPCG(13, 13))
	end := int64(0)
	for range 150 {
		values := make([]string, 1+rng.IntN(5))
		for i := range values {
			values[i] = string(make([]byte, rng.IntN(6000)))
		}
		b := probeBatch(t, record.BuilderOptions{}, probeMs, values...)
		resp := p.w.do(p.produceRequest("segments", 0, 1, b), 9)
		silence(resp)
		end += int64(len(values))
	}
	inline, fromFile := 0, 0
	for _, limit := range []int32{1, 1000, 20_000, 32_768, 33_000, 70_000, 200_000, 10 << 20} {
		for at := int64(0); at < end; {
			records := p.fetchBytes("segments", at, limit)
			if len(records) >= inlineBelow {
				fromFile++
			} else {
				inline++
			}
			next := at
			for rest := records; len(rest) > 0; {
				b, tail, err := record.Next(rest)
				if err == nil {
					err = b.Validate()
				}
				if err != nil {
					t.Fatalf("limit %d, fetch at %d: %v", limit, at, err)
				}
				if b.BaseOffset() != next {
					t.Fatalf("limit %d, fetch at %d: batch at %d, expected %d", limit, at, b.BaseOffset(), next)
				}
				next, rest = b.NextOffset(), tail
			}
			if next == at {
				t.Fatalf("limit %d: nothing at %d", limit, at)
			}
			at = next
		}
	}
	if inline == 0 || fromFile == 0 {
		t.Fatalf("%d answers copied, %d from the file: both are meant to be tried", inline, fromFile)
	}
}

func (p *dataProbe) fetchBytes(topic string, offset int64, limit int32) []byte {
	r := p.fetchRequest(topic, 0, offset)
	r.MaxBytes = limit
	f := p.w.do(r, 12).(*kmsg.FetchResponse)
	return f.Topics[0].Partitions[0].RecordBatches
}
