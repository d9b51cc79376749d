// Command bench compares gregor with Apache Kafka on this machine; see README.md.
package main

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/gregorhq/gregor/bench/scenario"
)

func main() {
	var o scenario.Options
	rows := flag.String("rows", "", "rows to run, by name, comma separated; empty for all")
	flag.IntVar(&o.Pairs, "pairs", 3, "how often each broker is measured in each row")
	flag.Int64Var(&o.Warm, "warm", 4<<30, "bytes produced to each broker before it counts")
	flag.BoolVar(&o.Quick, "quick", false, "small figures, to see that everything works")
	only := flag.String("only", "", "measure one broker only: gregor or kafka")
	work := flag.String("work", "", "folder for the brokers' data; default a temporary one")
	out := flag.String("out", "", "file to write the table to")
	flag.Parse()
	if err := run(o, *rows, *only, *work, *out); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func run(o scenario.Options, rows, only, work, out string) error {
	root, err := filepath.Abs(".")
	if err != nil {
		return err
	}
	if only != "kafka" {
		build := exec.Command("go", "build", "-trimpath", "-ldflags=-s -w", "-o", "bin/gregor", "./cmd/gregor")
		build.Env = append(os.Environ(), "CGO_ENABLED=0")
		build.Stderr = os.Stderr
		if err := build.Run(); err != nil {
			return fmt.Errorf("run it from the repository's root: %w", err)
		}
	}
	if work == "" {
		if work, err = os.MkdirTemp("", "gregor-bench"); err != nil {
			return err
		}
		defer os.RemoveAll(work)
	}
	o.Root, o.Work = root, work
	if rows != "" {
		o.Rows = strings.Split(rows, ",")
	}
	if only != "" {
		o.Only = only
	}
	if o.Quick {
		o.Warm = min(o.Warm, 256<<20)
	}
	s := scenario.New(o)
	stop := make(chan os.Signal, 1)
	signal.Notify(stop, os.Interrupt, syscall.SIGTERM)
	go func() {
		<-stop
		s.Cleanup()
		os.Exit(130)
	}()
	defer s.Cleanup()
	report, err := s.Run()
	fmt.Println(report)
	if out != "" && report != "" {
		err = errors.Join(err, os.WriteFile(out, []byte(report), 0o644))
	}
	return err
}
