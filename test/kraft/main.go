// Command kraft runs internal/kraft/kraftsim: a quorum of KRaft cores in one goroutine, with
// faults, over simulated time.
//
//	go run ./test/kraft -hours 100 -seed 1    # runs of ten simulated minutes, from seed 1 on
//	go run ./test/kraft -seed 42 -sessions 1 -trace t.txt
//
// At a violation it repeats the run, prints the end of its trace and exits with 1. The summary has
// the speed, and the times of failovers. The same seed gives the same run.
package main

import (
	"bufio"
	"flag"
	"fmt"
	"io"
	"os"
	"runtime/debug"
	"runtime/pprof"
	"slices"
	"time"

	"github.com/gregorhq/gregor/internal/kraft/kraftsim"
	"github.com/gregorhq/gregor/internal/sim/trace"
)

func main() {
	var (
		seed     = flag.Uint64("seed", 1, "the first seed")
		hours    = flag.Float64("hours", 10, "simulated time in all; -sessions overrides it")
		sessions = flag.Int("sessions", 0, "number of runs, 0 for as many as -hours needs")
		length   = flag.Duration("length", 10*time.Minute, "simulated time of one run")
		bound    = flag.Duration("bound", 0, "longest recovery of a quorum without faults, 0 for the default")
		out      = flag.String("trace", "", "file for the trace of the first run")
		quiet    = flag.Bool("quiet", false, "print violations and the summary only")
		all      = flag.Bool("all", false, "go on after a violation, without traces")
		profile  = flag.String("cpuprofile", "", "file for a CPU profile")
	)
	flag.Parse()
	debug.SetGCPercent(800) // the live heap is small
	if *profile != "" {
		f, err := os.Create(*profile)
		if err != nil {
			fmt.Fprintln(os.Stderr, "kraft:", err)
			os.Exit(2)
		}
		if err := pprof.StartCPUProfile(f); err != nil {
			fmt.Fprintln(os.Stderr, "kraft:", err)
			os.Exit(2)
		}
	}
	o := kraftsim.Options{Seed: *seed, Length: *length, Bound: *bound}
	if *out != "" {
		if err := traceTo(*out, o); err != nil {
			fmt.Fprintln(os.Stderr, "kraft:", err)
			os.Exit(2)
		}
	}
	t := total{failover: map[string][]time.Duration{}, began: time.Now()}
	code := t.run(o, *sessions, *hours, *quiet, *all)
	pprof.StopCPUProfile()
	os.Exit(code)
}

// traceTo writes the trace of a run to a file.
func traceTo(name string, o kraftsim.Options) error {
	f, err := os.Create(name)
	if err != nil {
		return err
	}
	w := bufio.NewWriterSize(f, 1<<20)
	o.Trace = trace.New(w)
	kraftsim.Run(o)
	if err := w.Flush(); err != nil {
		return err
	}
	return f.Close()
}

// total adds up runs.
type total struct {
	began     time.Time
	simulated time.Duration
	runs      int
	failed    int
	stats     kraftsim.Stats
	failover  map[string][]time.Duration
	calm      []time.Duration
}

func (t *total) run(o kraftsim.Options, runs int, hours float64, quiet, all bool) int {
	for runs > 0 && t.runs < runs || runs == 0 && t.simulated.Hours() < hours {
		r := kraftsim.Run(o)
		t.add(r)
		switch {
		case r.Violation != nil && all:
			fmt.Printf("FAIL %v\n", r.Violation)
		case r.Violation != nil:
			o.Trace = trace.New(nil)
			again := kraftsim.Run(o)
			fmt.Printf("%s\nFAIL %v\n", o.Trace.Tail(), r.Violation)
			if fmt.Sprint(again.Violation) != fmt.Sprint(r.Violation) {
				fmt.Printf("the repeated run differs: %v\n", again.Violation)
			}
			return 1
		case !quiet:
			s := r.Stats
			s.Failover, s.Calm = nil, nil
			fmt.Printf("seed %d: %016x %+v\n", r.Seed, r.Sum, s)
		}
		o.Seed++
	}
	t.report(os.Stdout)
	if t.failed > 0 {
		return 1
	}
	return 0
}

func (t *total) add(r kraftsim.Result) {
	t.runs++
	t.simulated += r.Simulated
	if r.Violation != nil {
		t.failed++
	}
	t.stats.Add(&r.Stats)
	for kind, times := range r.Stats.Failover {
		t.failover[kind] = append(t.failover[kind], times...)
	}
	t.calm = append(t.calm, r.Stats.Calm...)
}

func (t *total) report(w io.Writer) {
	took := time.Since(t.began)
	s := t.stats
	s.Failover, s.Calm = nil, nil
	_, _ = fmt.Fprintf(w, "%+v\n", s)
	kinds := []string{"no fault left"}
	t.failover[kinds[0]] = t.calm
	for kind := range t.failover {
		if kind != kinds[0] {
			kinds = append(kinds, kind)
		}
	}
	slices.Sort(kinds)
	for _, kind := range kinds {
		times := t.failover[kind]
		slices.Sort(times)
		if n := len(times); n > 0 {
			ms := func(d time.Duration) time.Duration { return d.Round(time.Millisecond) }
			_, _ = fmt.Fprintf(w, "recovery, %-14s %6d times, p50 %v, p99 %v, longest %v\n", kind+":", n, ms(times[n/2]), ms(times[n*99/100]), ms(times[n-1]))
		}
	}
	result := "PASS"
	if t.failed > 0 {
		result = "FAIL"
	}
	_, _ = fmt.Fprintf(w, "%s: %d violations in %.1f simulated hours of %d runs, in %v: %.0f simulated hours per hour\n", result, t.failed, t.simulated.Hours(), t.runs,
		took.Round(time.Second), t.simulated.Seconds()/took.Seconds())
}
