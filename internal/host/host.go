// Package host declares the services that a process gives to its engines: clocks, randomness and an
// executor.
//
// An engine never reads the runtime's clock, never draws from a global random source and never
// starts a goroutine. It uses its Host. Real is the host of a process: goroutines, timers, the
// operating system's clocks. internal/sim is the host of a simulation: one goroutine, simulated
// time and one seed, so that the same seed gives the same run.
package host

import "time"

// Clock returns the time. All methods are safe for concurrent use.
type Clock interface {
	// Now returns the wall clock. An operator or NTP can set it back or forward. It is for
	// timestamps that leave the process or reach the disk.
	Now() time.Time
	// Elapsed returns the time since the host began. It is monotonic and always above 0. Engines
	// measure deadlines, sessions and lags with it.
	Elapsed() time.Duration
}

// Random draws random bits. It is safe for concurrent use and implements math/rand/v2's Source.
type Random interface {
	// Uint64 returns 64 random bits. Real draws them from the operating system's generator, so
	// identifiers made of them cannot be guessed.
	Uint64() uint64
}

// Executor runs functions. All methods are safe for concurrent use.
type Executor interface {
	// Go runs f later, concurrently with the caller. Functions passed to Go run in no fixed order.
	Go(f func())
	// AfterFunc runs f like Go once d has elapsed.
	AfterFunc(d time.Duration, f func()) Timer
	// Each calls f(0) to f(n-1), at most width of them at the same time, and returns when all calls
	// have returned.
	Each(n, width int, f func(i int))
}

// Timer is a pending call of AfterFunc.
type Timer interface {
	// Stop prevents the call. It returns false when the call has begun or an earlier Stop has
	// prevented it.
	Stop() bool
}

// Host is the interface of an engine to its process.
type Host interface {
	Clock
	Random
	Executor
}

// Millis returns a clock's wall time in milliseconds since 1970.
func Millis(c Clock) int64 { return c.Now().UnixMilli() }

// ElapsedMillis returns the elapsed time in milliseconds, 1 or more.
func ElapsedMillis(c Clock) int64 { return c.Elapsed().Milliseconds() + 1 }

// UUID returns a random UUID: version 4, variant 2, as java.util.UUID.randomUUID makes them.
func UUID(r Random) (id [16]byte) {
	hi, lo := r.Uint64(), r.Uint64()
	for i := range 8 {
		id[i], id[8+i] = byte(hi>>(56-8*i)), byte(lo>>(56-8*i))
	}
	id[6] = id[6]&0x0f | 0x40
	id[8] = id[8]&0x3f | 0x80
	return id
}
