package telemetry

import (
	"sync"
	"time"
)

// windowLength is the age at which the older of the two snapshots is replaced: quantiles cover the
// last one to two lengths. Kafka's decaying reservoir weights the last five minutes most.
const windowLength = 5 * time.Minute

// window remembers earlier bucket counts, so that quantiles forget old durations. It has its own
// lock, which only scrapes take.
type window struct {
	mu           sync.Mutex
	older, newer []uint64
	newerAt      time.Time
}

// Quantiles returns the values below which the given shares (0 to 1) of the values of the last five
// to ten minutes fall, in the unit of Record. Without values they are 0.
func (h *Histogram) Quantiles(now time.Time, shares []float64) []float64 {
	counts := h.counts()
	base := h.window.base(now, counts[:])
	var total uint64
	for i := range counts {
		if base != nil {
			counts[i] -= base[i]
		}
		total += counts[i]
	}
	out := make([]float64, len(shares))
	for i, share := range shares {
		out[i] = quantile(counts[:], total, share)
	}
	return out
}

// base returns the counts to subtract. It replaces the older snapshot when it is due.
func (w *window) base(now time.Time, counts []uint64) []uint64 {
	w.mu.Lock()
	defer w.mu.Unlock()
	switch {
	case w.newerAt.IsZero():
		w.newerAt = now
	case now.Sub(w.newerAt) >= windowLength:
		w.older, w.newer, w.newerAt = w.newer, append([]uint64(nil), counts...), now
	}
	return w.older
}

func quantile(counts []uint64, total uint64, share float64) float64 {
	if total == 0 {
		return 0
	}
	rank := uint64(share * float64(total))
	if rank >= total {
		rank = total - 1
	}
	var seen uint64
	for i, n := range counts {
		seen += n
		if seen > rank {
			return bucketMiddle(i)
		}
	}
	return 0
}
