package telemetry

import (
	"math"
	"sync"
	"time"
)

// sampleLength is the length of one sample of Recent and Rate. Both look back one to two samples,
// as Kafka's sensors do (metrics.sample.window.ms and metrics.num.samples).
const sampleLength = 30 * time.Second

// Recent returns the average and the maximum of recent durations. It takes a lock, so it suits rare
// events. The zero value is ready.
type Recent struct {
	mu       sync.Mutex
	old, now sample
}

// sample is one sampleLength of a Recent.
type sample struct {
	from       time.Time
	n          int64
	sum, worst time.Duration
}

// Observe adds a duration that ended at now.
func (r *Recent) Observe(now time.Time, d time.Duration) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.turn(now)
	r.now.n++
	r.now.sum += max(d, 0)
	r.now.worst = max(r.now.worst, d)
}

// Millis returns the average and the maximum in milliseconds. Without recent durations both are
// NaN, as in Kafka.
func (r *Recent) Millis(now time.Time) (mean, worst float64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.turn(now)
	n := r.old.n + r.now.n
	if n == 0 {
		return math.NaN(), math.NaN()
	}
	ms := func(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }
	return ms(r.old.sum+r.now.sum) / float64(n), ms(max(r.old.worst, r.now.worst))
}

// turn begins a new sample when the current one is over. The caller holds mu.
func (r *Recent) turn(now time.Time) {
	switch age := now.Sub(r.now.from); {
	case age >= 2*sampleLength:
		r.old, r.now = sample{}, sample{from: now}
	case age >= sampleLength:
		r.old, r.now = r.now, sample{from: now}
	}
}

// Rate returns the recent growth of a number. It remembers the number's values at earlier scrapes.
// So it looks back one to two sampleLengths under frequent scrapes, and two scrapes otherwise.
type Rate struct {
	mu         sync.Mutex
	older, old point
}

type point struct {
	at    time.Time
	total float64
}

// NewRate makes a Rate for a number that is 0 at now.
func NewRate(now time.Time) *Rate { return &Rate{older: point{at: now}, old: point{at: now}} }

// Reset sets the number to total at now.
func (r *Rate) Reset(now time.Time, total float64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.older, r.old = point{now, total}, point{now, total}
}

// PerSecond returns the growth per second. total is the number's current value.
func (r *Rate) PerSecond(now time.Time, total float64) float64 {
	r.mu.Lock()
	defer r.mu.Unlock()
	if now.Sub(r.old.at) >= sampleLength {
		r.older, r.old = r.old, point{now, total}
	}
	past := now.Sub(r.older.at).Seconds()
	if past < 1e-3 {
		return 0
	}
	return max(total-r.older.total, 0) / past
}
