package telemetry

import (
	"math/bits"
	"sync/atomic"
	"time"
)

// maxShards bounds how many copies of its buckets a hot histogram keeps.
const maxShards = 4

// Buckets are log-linear: eight per power of two, so a quantile is off by at most 1/16 of its value.
// Everything from 2^32 on (4 GiB, or 71 minutes in microseconds) falls into the last bucket.
const (
	subBits    = 3
	subBuckets = 1 << subBits
	maxExp     = 32
	numBuckets = (maxExp - subBits + 1) * subBuckets
)

type buckets [numBuckets]atomic.Uint64

// Histogram collects values (bytes, or microseconds inside a Timer) and gives their quantiles over the last
// minutes, as Kafka's request metrics do. Recording is one atomic addition; it does not allocate, but for the first value
// of a shard, and is safe for concurrent use.
type Histogram struct {
	buckets buckets
	// more are the copies that RecordAt uses beside buckets, made when a value first comes to them.
	more [maxShards - 1]atomic.Pointer[buckets]

	window window // used at scrape time only
}

// Record adds one value; negative ones count as zero.
func (h *Histogram) Record(v int64) { h.buckets[bucketOf(uint64(max(0, v)))].Add(1) }

// RecordAt is Record for hot places: who passes different shards (the number of a connection, for example) does not fight
// over cache lines on a machine with several cores.
func (h *Histogram) RecordAt(shard uint64, v int64) {
	b := &h.buckets
	if i := shard & shardMask; i > 0 {
		if b = h.more[i-1].Load(); b == nil {
			h.more[i-1].CompareAndSwap(nil, new(buckets))
			b = h.more[i-1].Load()
		}
	}
	b[bucketOf(uint64(max(0, v)))].Add(1)
}

// counts sums up the shards.
func (h *Histogram) counts() (out [numBuckets]uint64) {
	add := func(b *buckets) {
		for i := range b {
			out[i] += b[i].Load()
		}
	}
	add(&h.buckets)
	for i := range h.more {
		if b := h.more[i].Load(); b != nil {
			add(b)
		}
	}
	return out
}

// Count is the number of values so far.
func (h *Histogram) Count() uint64 {
	var n uint64
	for _, c := range h.counts() {
		n += c
	}
	return n
}

// Timer is a Histogram of durations. Inside, values are microseconds; the page shows milliseconds.
type Timer struct{ Histogram }

// Observe adds one duration; negative ones count as zero.
func (t *Timer) Observe(d time.Duration) { t.Record(d.Microseconds()) }

// ObserveAt is Observe for hot places; see RecordAt.
func (t *Timer) ObserveAt(shard uint64, d time.Duration) { t.RecordAt(shard, d.Microseconds()) }

// bucketOf numbers the bucket of a value: the first eight hold one value each, then eight per octave.
func bucketOf(v uint64) int {
	if v < subBuckets {
		return int(v)
	}
	exp := bits.Len64(v) - 1
	if exp >= maxExp {
		return numBuckets - 1
	}
	sub := int(v>>(exp-subBits)) & (subBuckets - 1)
	return (exp-subBits+1)*subBuckets + sub
}

// bucketMiddle is the value in the middle of a bucket.
func bucketMiddle(i int) float64 {
	if i < subBuckets {
		return float64(i)
	}
	exp := i/subBuckets - 1
	low := uint64(subBuckets+i%subBuckets) << exp
	return float64(low) + float64(uint64(1)<<exp)/2
}
