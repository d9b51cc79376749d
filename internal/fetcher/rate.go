package fetcher

// Rate measures bytes per second over a window of samples, and compares them with a bound (Kafka's
// ReplicationQuotaManager with the SampledStat Rate). The zero value has no bound.
type Rate struct {
	// bound is in bytes per second, negative for none.
	bound    float64
	bounded  bool
	sampleMs int64
	// samples are the bytes of the sample periods, a ring. newest is the period of the sample at
	// at.
	samples []int64
	newest  int64
	first   int64
	begun   bool
}

// NewRate makes a meter of n samples of sampleMs milliseconds each (replication.quota.window.num,
// replication.quota.window.size.seconds).
func NewRate(bytesPerSecond int64, n int, sampleMs int64) Rate {
	return Rate{bound: float64(bytesPerSecond), bounded: bytesPerSecond < noBound, sampleMs: max(sampleMs, 1), samples: make([]int64, max(n, 2))}
}

// noBound is the default of leader.replication.throttled.rate and
// follower.replication.throttled.rate.
const noBound = 1<<63 - 1

// SetBound changes the bound and keeps the measured bytes.
func (r *Rate) SetBound(bytesPerSecond int64) {
	r.bound, r.bounded = float64(bytesPerSecond), bytesPerSecond < noBound
}

// Record counts bytes at nowMs.
func (r *Rate) Record(nowMs int64, bytes int) {
	if len(r.samples) == 0 {
		return
	}
	r.advance(nowMs)
	r.samples[r.newest%int64(len(r.samples))] += int64(bytes)
}

// Exceeded reports whether the rate is above the bound at nowMs.
func (r *Rate) Exceeded(nowMs int64) bool {
	if !r.bounded || len(r.samples) == 0 {
		return false
	}
	r.advance(nowMs)
	sum := int64(0)
	for _, s := range r.samples {
		sum += s
	}
	// As in Kafka, the time is that of the whole window even if the measurement has just begun.
	oldest := max(r.first, r.newest-int64(len(r.samples))+1)
	elapsed := nowMs - oldest*r.sampleMs
	least := int64(len(r.samples)-1) * r.sampleMs
	return float64(sum)*1000 > r.bound*float64(max(elapsed, least))
}

// advance begins the sample of nowMs and empties the samples between.
func (r *Rate) advance(nowMs int64) {
	period := nowMs / r.sampleMs
	if !r.begun {
		r.begun, r.newest, r.first = true, period, period
		return
	}
	n := int64(len(r.samples))
	for at := max(r.newest, period-n) + 1; at <= period; at++ {
		r.samples[at%n] = 0
	}
	r.newest = max(r.newest, period)
}
