package telemetry

import (
	"math/bits"
	"sync/atomic"
	"time"
)

// Buckets are log-linear: eight per power of two, so a quantile is off by at most 1/16 of its value.
// Everything from 2^32 on (4 GiB, or 71 minutes in microseconds) falls into the last bucket.
const (
	subBits    = 3
	subBuckets = 1 << subBits
	maxExp     = 32
	numBuckets = (maxExp - subBits + 1) * subBuckets
)

// Histogram collects values (bytes, or microseconds inside a Timer) and gives their quantiles over the last
// minutes, as Kafka's request metrics do. Record does not allocate and is safe for concurrent use.
type Histogram struct {
	buckets [numBuckets]atomic.Uint64
	sum     atomic.Int64 // all time
	max     atomic.Int64 // all time

	window window // used at scrape time only
}

// Record adds one value; negative ones count as zero.
func (h *Histogram) Record(v int64) {
	v = max(0, v)
	h.buckets[bucketOf(uint64(v))].Add(1)
	h.sum.Add(v)
	for {
		old := h.max.Load()
		if v <= old || h.max.CompareAndSwap(old, v) {
			return
		}
	}
}

// Count is the number of values so far.
func (h *Histogram) Count() uint64 {
	var n uint64
	for i := range h.buckets {
		n += h.buckets[i].Load()
	}
	return n
}

// Mean is the mean of all values so far, 0 without any.
func (h *Histogram) Mean() float64 {
	n := h.Count()
	if n == 0 {
		return 0
	}
	return float64(h.sum.Load()) / float64(n)
}

// Max is the largest value so far.
func (h *Histogram) Max() int64 { return h.max.Load() }

// Timer is a Histogram of durations. Inside, values are microseconds; the page shows milliseconds.
type Timer struct{ Histogram }

// Observe adds one duration; negative ones count as zero.
func (t *Timer) Observe(d time.Duration) { t.Record(d.Microseconds()) }

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
