package load

import (
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/gregorhq/gregor/internal/protocol"
)

// TailOptions describes a paced producer, and consumers that wait at the end of all its partitions.
type TailOptions struct {
	// Produce is a paced load over one connection to empty partitions.
	Produce ProduceOptions
	// Readers is the number of consumers. Each reads every record over a connection of its own, as
	// a group would.
	Readers int
}

// TailResult is the result of a tail load.
type TailResult struct {
	Elapsed time.Duration
	// Latencies are the times from the intended send time of a batch to its arrival at a reader,
	// sorted.
	Latencies []time.Duration
}

// Quantile returns a latency quantile.
func (r TailResult) Quantile(q float64) time.Duration { return quantile(r.Latencies, q) }

// tail is a run. The single producer fills a partition in order, so a batch's intended time follows
// from its partition and position.
type tail struct {
	o       TailOptions
	records int64 // per batch
	mu      sync.Mutex
	due     [][]time.Time
	// done means that all batches are acknowledged, failed that a batch has failed.
	done, failed bool
}

// Tail runs the load until every reader has every record.
func Tail(o TailOptions) (TailResult, error) {
	_, records, err := Batch(o.Produce.RecordSize, o.Produce.BatchSize, o.Produce.Codec)
	if err != nil {
		return TailResult{}, err
	}
	t := &tail{o: o, records: int64(records), due: make([][]time.Time, o.Produce.Partitions)}
	o.Produce.Conns = 1
	o.Produce.Sent = func(partition int, due time.Time) {
		t.mu.Lock()
		t.due[partition] = append(t.due[partition], due)
		t.mu.Unlock()
	}
	var res TailResult
	var errs []error
	var wg sync.WaitGroup
	start := time.Now()
	for range o.Readers {
		wg.Add(1)
		go func() {
			defer wg.Done()
			l, err := t.read()
			t.mu.Lock()
			defer t.mu.Unlock()
			res.Latencies = append(res.Latencies, l...)
			if err != nil {
				errs = append(errs, err)
			}
		}()
	}
	_, err = Produce(o.Produce)
	t.mu.Lock()
	t.done, t.failed = err == nil, err != nil
	t.mu.Unlock()
	wg.Wait()
	res.Elapsed = time.Since(start)
	slices.Sort(res.Latencies)
	return res, errors.Join(append(errs, err)...)
}

// missing reports whether a reader at these offsets waits for records.
func (t *tail) missing(offsets []int64) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	for p, at := range offsets {
		if at < int64(len(t.due[p]))*t.records {
			return !t.failed
		}
	}
	return !t.done && !t.failed
}

// read is one consumer.
func (t *tail) read() ([]time.Duration, error) {
	c, err := Dial(t.o.Produce.Addr)
	if err != nil {
		return nil, err
	}
	defer c.Close()
	offsets := make([]int64, t.o.Produce.Partitions)
	var latencies []time.Duration
	for t.missing(offsets) {
		req := protocol.New[protocol.FetchRequest]()
		req.MaxWaitMs, req.MinBytes, req.MaxBytes = 500, 1, 50<<20
		topic := protocol.FetchRequestTopic{Topic: t.o.Produce.Topic}
		for i, at := range offsets {
			p := *protocol.New[protocol.FetchRequestPartition]()
			p.Partition, p.FetchOffset, p.PartitionMaxBytes = int32(i), at, 1<<20
			topic.Partitions = append(topic.Partitions, p)
		}
		req.Topics = []protocol.FetchRequestTopic{topic}
		var resp protocol.FetchResponse
		if err := c.Call(req, fetchVersion, &resp); err != nil {
			return latencies, err
		}
		now := time.Now()
		for i := range resp.Responses {
			for j := range resp.Responses[i].Partitions {
				p := &resp.Responses[i].Partitions[j]
				if p.ErrorCode != 0 {
					return latencies, fmt.Errorf("fetch: %w", protocol.Error(p.ErrorCode))
				}
				latencies = t.got(latencies, offsets, p, now)
			}
		}
	}
	return latencies, nil
}

// got records the latency of the batches of an answer.
func (t *tail) got(latencies []time.Duration, offsets []int64, p *protocol.FetchResponsePartitionData, now time.Time) []time.Duration {
	t.mu.Lock()
	defer t.mu.Unlock()
	for b := p.Records.Bytes; ; {
		next, n := walk(b[:min(len(b), batchEnd(b))], offsets[p.PartitionIndex])
		if n == 0 {
			return latencies
		}
		latencies = append(latencies, now.Sub(t.due[p.PartitionIndex][(next-1)/t.records]))
		offsets[p.PartitionIndex], b = next, b[n:]
	}
}

// batchEnd returns the end of the first batch of b.
func batchEnd(b []byte) int {
	if len(b) < 12 {
		return 0
	}
	return 12 + int(binary.BigEndian.Uint32(b[8:]))
}
