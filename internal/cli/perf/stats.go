package perf

import (
	"fmt"
	"io"
	"slices"
	"time"
)

// maxSamples bounds the latencies that are kept for the percentiles.
const maxSamples = 500_000

const mib = 1024.0 * 1024.0

// stats counts answered records and prints their numbers as Apache Kafka's ProducerPerformance
// does. It is used under the producer's lock.
type stats struct {
	out      io.Writer
	interval time.Duration
	steady   bool // counts what comes after the warm-up only
	quiet    bool // windows are printed by another one

	start        time.Time
	count, bytes int64
	total, max   int64 // milliseconds
	// latencies of every sampling-th record, in milliseconds.
	latencies []int32
	sampling  int64

	windowStart                                      time.Time
	windowCount, windowBytes, windowTotal, windowMax int64
}

func newStats(out io.Writer, records int64, interval time.Duration, steady bool, now time.Time) *stats {
	return &stats{out: out, interval: interval, steady: steady, start: now, windowStart: now,
		sampling: max(records/min(records, maxSamples), 1)}
}

// record takes one answered record: its payload in bytes and how long the answer took.
func (s *stats) record(bytes int, latency time.Duration, now time.Time) {
	ms := latency.Milliseconds()
	if s.count%s.sampling == 0 {
		s.latencies = append(s.latencies, int32(min(ms, 1<<31-1)))
	}
	s.count++
	s.bytes += int64(bytes)
	s.total += ms
	s.max = max(s.max, ms)
	s.windowCount++
	s.windowBytes += int64(bytes)
	s.windowTotal += ms
	s.windowMax = max(s.windowMax, ms)
	if now.Sub(s.windowStart) < s.interval {
		return
	}
	if s.steady && s.count == s.windowCount {
		fmt.Fprintln(s.out, "In steady state.")
	}
	if !s.quiet {
		s.printWindow(now)
	}
	s.windowStart, s.windowCount, s.windowBytes, s.windowTotal, s.windowMax = now, 0, 0, 0, 0
}

func (s *stats) printWindow(now time.Time) {
	ms := 1000 * now.Sub(s.windowStart).Seconds()
	fmt.Fprintf(s.out, "%d records sent, %s records/sec (%s MB/sec), %s ms avg latency, %s ms max latency.\n", s.windowCount,
		decimal(1000*float64(s.windowCount)/ms, 1), decimal(1000*float64(s.windowBytes)/ms/mib, 2),
		decimal(float64(s.windowTotal)/float64(s.windowCount), 1), decimal(float64(s.windowMax), 1))
}

func (s *stats) printTotal(now time.Time) {
	ms := 1000 * now.Sub(s.start).Seconds()
	slices.Sort(s.latencies)
	at := func(p float64) int32 {
		if len(s.latencies) == 0 {
			return 0
		}
		return s.latencies[int(p*float64(len(s.latencies)))]
	}
	which := ""
	if s.steady {
		which = " steady state"
	}
	fmt.Fprintf(s.out, "%d%s records sent, %s records/sec (%s MB/sec), %s ms avg latency, %s ms max latency, %d ms 50th, %d ms 95th, %d ms 99th, %d ms 99.9th.\n",
		s.count, which, decimal(1000*float64(s.count)/ms, 6), decimal(1000*float64(s.bytes)/ms/mib, 2),
		decimal(float64(s.total)/float64(s.count), 2), decimal(float64(s.max), 2), at(0.5), at(0.95), at(0.99), at(0.999))
}
