// Package check holds what tests of several packages share: the bounds that fuzzers assert, a log to read. It is no part of the product.
package check

import (
	"os"
	"runtime"
	"runtime/debug"
	"testing"
	"time"
)

// Timed is the name of the environment variable that switches on the bounds of time, for fuzzing on a quiet machine:
// test/fuzz/run.sh sets it. A plain go test asserts memory only, which no other load disturbs.
const Timed = "GREGOR_FUZZ_TIMED"

var timed = os.Getenv(Timed) != ""

// Allocated runs f and returns the bytes that it, and whatever ran beside it, took from the heap.
func Allocated(f func()) int64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	f()
	runtime.ReadMemStats(&after)
	return int64(after.TotalAlloc - before.TotalAlloc)
}

// hang is how long one input may keep a fuzzer busy; Go's fuzzing knows no such bound and would end well.
const hang = time.Minute

// Bounded ends the process when the test goes on for a minute, so that the fuzzer takes note of the input. Like all bounds
// of time it is there only where Timed is set.
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

// perKiB is how long it may take to read 1 KiB of input; shorter input counts as that much.
const perKiB = time.Millisecond

// Factor is how many times its own size input may take to read.
const Factor = 8

// Cost runs read, which reads n bytes that may come from a stranger, and fails when it takes more than Factor times n bytes
// and floor from the heap, or, where time is looked at, more than a millisecond for each KiB. read may be run several
// times: what counts is the cheapest, since a machine has other things to do too.
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
	for range 3 { // the fuzzer's own work counts too, and what a package makes once and keeps
		if took <= may {
			return
		}
		took = min(took, Allocated(read))
	}
	if took > may {
		t.Fatalf("reading %d bytes takes %d bytes of memory, %d are allowed", n, took, may)
	}
}

// Time is Cost without the bound of memory, for what may take more by its nature: decompressed bytes count as input there.
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
