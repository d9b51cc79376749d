package telemetry

import (
	"math/bits"
	"sync/atomic"
	"time"
)

// maxShards bounds the number of copies that a hot histogram keeps of its buckets.
const maxShards = 4

// Buckets are log-linear: eight per power of two, so a quantile is off by at most 1/16 of its
// value. All values from 2^32 (4 GiB, or 71 minutes in microseconds) share the last bucket.
const (
	subBits    = 3
	subBuckets = 1 << subBits
	maxExp     = 32
	numBuckets = (maxExp - subBits + 1) * subBuckets
)

type buckets [numBuckets]atomic.Uint64

// Histogram collects values (bytes, or microseconds inside a Timer) and returns their quantiles
// over the last minutes, as Kafka's request metrics do. A recording is one atomic addition. It is
// safe for concurrent use, and it allocates only for the first value of a shard.
type Histogram struct {
	buckets buckets
	// more are the copies of buckets for RecordAt. The first value of a shard creates its copy.
	more [maxShards - 1]atomic.Pointer[buckets]

	window window // used at scrape time only
}

// Record adds one value. A negative value counts as zero.
func (h *Histogram) Record(v int64) { h.buckets[bucketOf(uint64(max(0, v)))].Add(1) }

// RecordAt is Record for hot places. Callers with different shards (the number of a connection, for
// example) do not contend for cache lines.
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

// counts adds up the shards.
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

// Count returns the number of values so far.
func (h *Histogram) Count() uint64 {
	var n uint64
	for _, c := range h.counts() {
		n += c
	}
	return n
}

// Timer is a Histogram of durations. Inside, values are microseconds; the page shows milliseconds.
type Timer struct{ Histogram }

// Observe adds one duration. A negative duration counts as zero.
func (t *Timer) Observe(d time.Duration) { t.Record(d.Microseconds()) }

// ObserveAt is Observe for hot places; see RecordAt.
func (t *Timer) ObserveAt(shard uint64, d time.Duration) { t.RecordAt(shard, d.Microseconds()) }

// bucketOf returns the bucket of a value: the first eight hold one value each, then eight per
// octave.
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

// bucketMiddle returns the value in the middle of a bucket.
func bucketMiddle(i int) float64 {
	if i < subBuckets {
		return float64(i)
	}
	exp := i/subBuckets - 1
	low := uint64(subBuckets+i%subBuckets) << exp
	return float64(low) + float64(uint64(1)<<exp)/2
}
