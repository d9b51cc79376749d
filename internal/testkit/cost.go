// Package testkit holds the helpers that tests of several packages share: the bounds that fuzzers
// assert, and a log to read. The product does not import it.
package testkit

import (
	"os"
	"runtime"
	"runtime/debug"
	"testing"
	"time"
)

// Timed is the name of the environment variable that turns on the bounds of time, for fuzzing on an
// idle machine. test/fuzz/run.sh sets it. A plain go test asserts memory only, which other load
// does not affect.
const Timed = "GREGOR_FUZZ_TIMED"

var timed = os.Getenv(Timed) != ""

// Allocated runs f and returns the bytes that the process took from the heap meanwhile.
func Allocated(f func()) int64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	f()
	runtime.ReadMemStats(&after)
	return int64(after.TotalAlloc - before.TotalAlloc)
}

// hang is the longest time for one input of a fuzzer. Go's fuzzing has no such bound and would
// report success.
const hang = time.Minute

// Bounded ends the process when the test runs for more than a minute, so that the fuzzer reports
// the input. Like all bounds of time it needs Timed.
func Bounded(t testing.TB) {
	if !timed {
		return
	}
	alarm := time.AfterFunc(hang, func() {
		debug.SetTraceback("all")
		panic("one input has taken " + hang.String())
	})
	t.Cleanup(func() { alarm.Stop() })
}

// perKiB is the longest time to read 1 KiB of input. Shorter input counts as 1 KiB.
const perKiB = time.Millisecond

// Factor is the bound of the heap bytes for one byte of input.
const Factor = 8

// Cost runs read, which reads n untrusted bytes. It fails when read takes more than Factor times n
// bytes plus floor from the heap or, with Timed, more than a millisecond per KiB. It may run read
// several times and judges the cheapest run, since other processes disturb the others.
func Cost(t testing.TB, n, floor int, read func()) {
	t.Helper()
	began := time.Now()
	Memory(t, n, floor, read)
	if timed {
		quick(t, n, time.Since(began), read)
	}
}

// Memory is Cost without the bound of time.
func Memory(t testing.TB, n, floor int, read func()) {
	t.Helper()
	took, may := Allocated(read), int64(Factor*n+floor)
	for range 3 { // the first run includes the fuzzer's own work and the caches of the package
		if took <= may {
			return
		}
		took = min(took, Allocated(read))
	}
	if took > may {
		t.Fatalf("reading %d bytes takes %d bytes of memory, %d are allowed", n, took, may)
	}
}

// Time is Cost without the bound of memory, for decompression. Decompressed bytes count as input
// there.
func Time(t testing.TB, n int, read func()) {
	t.Helper()
	began := time.Now()
	read()
	if timed {
		quick(t, n, time.Since(began), read)
	}
}

func quick(t testing.TB, n int, took time.Duration, read func()) {
	t.Helper()
	may := perKiB * time.Duration(max(1, (n+1023)>>10))
	for range 10 {
		if took <= may {
			return
		}
		began := time.Now()
		read()
		took = min(took, time.Since(began))
	}
	if took > may {
		t.Fatalf("reading %d bytes takes %v, %v is allowed", n, took, may)
	}
}
