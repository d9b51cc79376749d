// Command crash kills the broker at random moments under load. After each restart it checks that no
// promise was broken: no acknowledged record is lost, no record exists twice, a record keeps its
// offset, committed positions never go back, created topics exist, deleted ones do not, and the
// broker starts every time.
//
//	go run ./test/crash -kills 500 -seed 7
//
// It builds the broker from this module, or uses -bin. At a violation it prints the preceding
// events, keeps the directory and exits with 1. -plant breaks the broker's files (or the reader) on
// purpose, to show that the checker finds it.
package main

import (
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"time"
)

type options struct {
	kills int
	seed  int64
	bin   string
	dir   string
	plant string
	rate  int
	keep  bool
}

func main() {
	var o options
	flag.IntVar(&o.kills, "kills", 500, "how many times the broker is killed")
	flag.Int64Var(&o.seed, "seed", time.Now().UnixNano()%1e6, "seed of the moments and of the load")
	flag.StringVar(&o.bin, "bin", "", "the gregor binary; empty builds it")
	flag.StringVar(&o.dir, "dir", "", "an empty directory to work in; empty is a temporary one")
	flag.StringVar(&o.plant, "plant", "", "a fault that must be found: "+plantNames())
	flag.IntVar(&o.rate, "rate", 1500, "records a second, all producers together")
	flag.BoolVar(&o.keep, "keep", false, "keep the directory in any case")
	flag.Parse()
	os.Exit(run(o))
}

func run(o options) int {
	if _, ok := plants[o.plant]; o.plant != "" && !ok {
		fmt.Fprintln(os.Stderr, "crash: -plant is one of", plantNames())
		return 2
	}
	var err error
	if o.dir == "" {
		o.dir, err = os.MkdirTemp("", "gregor-crash-")
	} else if o.dir, err = filepath.Abs(o.dir); err == nil {
		err = os.MkdirAll(o.dir, 0o755)
	}
	if err == nil && o.bin == "" {
		o.bin = filepath.Join(o.dir, "gregor")
		err = build(o.bin)
	}
	var h *harness
	if err == nil {
		h, err = newHarness(o)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "crash:", err)
		return 2
	}
	fmt.Printf("crash: seed %d, %d kills, %s\n", o.seed, o.kills, o.dir)
	err = h.run()
	fmt.Println(h.summary())
	if err == nil {
		if !o.keep {
			// A leftover in the system's temporary folder is no failure.
			_ = os.RemoveAll(o.dir)
		}
		fmt.Printf("crash: PASS, seed %d\n", o.seed)
		return 0
	}
	h.story.tell(os.Stdout, err, filepath.Join(o.dir, "data"))
	fmt.Printf("\ncrash: FAIL, seed %d; kept: %s\n", o.seed, o.dir)
	return 1
}

func build(bin string) error {
	cmd := exec.Command("go", "build", "-o", bin, "github.com/gregorhq/gregor/cmd/gregor")
	cmd.Stdout, cmd.Stderr = os.Stderr, os.Stderr
	return cmd.Run()
}
