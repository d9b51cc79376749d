// Command simulate runs sessions of internal/sim: a whole node in one goroutine, with faults, over
// simulated time.
//
//	go run ./test/simulate -hours 100 -seed 1     # sessions of one simulated hour, from seed 1 on
//	go run ./test/simulate -seed 42 -sessions 1 -trace trace.txt
//
// It prints one line for each session. At the first violation it prints the end of the trace and
// exits with 1. The same seed gives the same session.
package main

import (
	"bufio"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/gregorhq/gregor/internal/sim"
	"github.com/gregorhq/gregor/internal/sim/trace"
)

func main() {
	var (
		seed     = flag.Uint64("seed", 1, "the first seed")
		hours    = flag.Float64("hours", 1, "simulated time in all; -sessions overrides it")
		sessions = flag.Int("sessions", 0, "number of sessions, 0 for as many as -hours needs")
		length   = flag.Duration("length", time.Hour, "simulated time of one session")
		out      = flag.String("trace", "", "file for the trace of every session")
		quiet    = flag.Bool("quiet", false, "print violations and the summary only")
		all      = flag.Bool("all", false, "go on after a violation")
		disks    = flag.Bool("disks", false, "fail the disk of one of two log directories")
	)
	flag.Parse()
	if *out == "" {
		os.Exit(run(*seed, *sessions, *hours, *length, nil, *quiet, *all, *disks))
	}
	f, err := os.Create(*out)
	if err != nil {
		fmt.Fprintln(os.Stderr, "simulate:", err)
		os.Exit(2)
	}
	w := bufio.NewWriterSize(f, 1<<20)
	code := run(*seed, *sessions, *hours, *length, w, *quiet, *all, *disks)
	if err := errors.Join(w.Flush(), f.Close()); err != nil {
		fmt.Fprintln(os.Stderr, "simulate:", err)
		code = 2
	}
	os.Exit(code)
}

func run(seed uint64, sessions int, hours float64, length time.Duration, out io.Writer, quiet, all, disks bool) int {
	began := time.Now()
	var simulated time.Duration
	var events, violations int
	for n := 0; sessions > 0 && n < sessions || sessions == 0 && simulated.Hours() < hours; n++ {
		record := trace.New(out)
		r := sim.Run(sim.Options{Seed: seed + uint64(n), Length: length, Trace: record, DiskFaults: disks})
		simulated += r.Simulated
		events += r.Events
		switch {
		case r.Violation != nil && all:
			violations++
			fmt.Printf("FAIL %v\n", r.Violation)
		case r.Violation != nil:
			fmt.Printf("%s\nFAIL %v\n", record.Tail(), r.Violation)
			return 1
		case !quiet:
			fmt.Printf("seed %d: %+v %.12s\n", seed+uint64(n), r.Stats, r.Sum)
		}
	}
	if violations > 0 {
		fmt.Printf("FAIL: %d violations in %.1f simulated hours\n", violations, simulated.Hours())
		return 1
	}
	fmt.Printf("PASS: %.1f simulated hours, %d events, no violation, in %v\n", simulated.Hours(), events, time.Since(began).Round(time.Second))
	return 0
}
