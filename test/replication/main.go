// Command replication runs internal/replication/replsim: the replication managers of three brokers
// in one goroutine, with faults, over simulated time.
//
//	go run ./test/replication -sessions 100 -seed 1    # 100 runs, from seed 1 on
//	go run ./test/replication -seed 42 -sessions 1 -trace t.txt
//
// At a violation it repeats the run, prints the end of its trace and exits with 1. The same seed
// gives the same run.
package main

import (
	"bufio"
	"flag"
	"fmt"
	"os"
	"runtime/debug"
	"time"

	"github.com/gregorhq/gregor/internal/replication/replsim"
	"github.com/gregorhq/gregor/internal/sim/trace"
)

func main() {
	var (
		seed     = flag.Uint64("seed", 1, "the first seed")
		sessions = flag.Int("sessions", 20, "number of runs")
		length   = flag.Duration("length", time.Minute, "simulated time with faults of one run")
		out      = flag.String("trace", "", "file for the trace of the first run")
		quiet    = flag.Bool("quiet", false, "print violations and the summary only")
		all      = flag.Bool("all", false, "go on after a violation, without traces")
	)
	flag.Parse()
	debug.SetGCPercent(400)
	o := replsim.Options{Seed: *seed, Length: *length}
	if *out != "" {
		if err := traceTo(*out, o); err != nil {
			fmt.Fprintln(os.Stderr, "replication:", err)
			os.Exit(2)
		}
	}
	os.Exit(run(o, *sessions, *quiet, *all))
}

// traceTo writes the trace of a run to a file.
func traceTo(name string, o replsim.Options) error {
	f, err := os.Create(name)
	if err != nil {
		return err
	}
	w := bufio.NewWriterSize(f, 1<<20)
	o.Trace = trace.New(w)
	replsim.Run(o)
	if err := w.Flush(); err != nil {
		return err
	}
	return f.Close()
}

func run(o replsim.Options, sessions int, quiet, all bool) (code int) {
	began, simulated := time.Now(), time.Duration(0)
	var stats replsim.Stats
	for range sessions {
		r := replsim.Run(o)
		stats.Add(r.Stats)
		simulated += r.Simulated
		switch {
		case r.Violation != nil && all:
			fmt.Printf("FAIL %v\n", r.Violation)
			code = 1
		case r.Violation != nil:
			o.Trace = trace.New(nil)
			again := replsim.Run(o)
			fmt.Printf("%s\nFAIL %v\n", o.Trace.Tail(), r.Violation)
			if fmt.Sprint(again.Violation) != fmt.Sprint(r.Violation) {
				fmt.Printf("the repeated run differs: %v\n", again.Violation)
			}
			return 1
		case !quiet:
			fmt.Printf("seed %d: %+v\n", r.Seed, r.Stats)
		}
		o.Seed++
	}
	took := time.Since(began)
	fmt.Printf("%+v\n%d runs, %v simulated in %v: %.0f simulated hours per hour\n", stats, sessions, simulated.Round(time.Second), took.Round(time.Second), simulated.Seconds()/took.Seconds())
	return code
}
