// Package scenario holds the rows of the comparison with Apache Kafka.
package scenario

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/gregorhq/gregor/bench/broker"
)

// Options of a run.
type Options struct {
	Root, Work string
	Rows       []string
	// Only names the broker to measure alone.
	Only  string
	Pairs int
	// Warm is the number of bytes that are produced to a broker before the measurements.
	Warm  int64
	Quick bool
}

// Suite is a run of the comparison.
type Suite struct {
	o     Options
	lines []*line
	cur   *broker.Broker
	// calibrated is the machine's speed before each calibrated row of the current pair, by row and
	// broker.
	calibrated map[string]map[string]float64
	discarded  int
}

// New prepares a run.
func New(o Options) *Suite { return &Suite{o: o, calibrated: map[string]map[string]float64{}} }

// Cleanup stops the brokers that still run.
func (s *Suite) Cleanup() {
	s.empty()
	if s.cur != nil && s.cur.Pid != 0 {
		_ = s.cur.Kill()
		_ = s.cur.Wipe()
	}
}

func (s *Suite) wants(row string) bool { return len(s.o.Rows) == 0 || slices.Contains(s.o.Rows, row) }

func (s *Suite) size(n int64) int64 {
	if s.o.Quick {
		return n / 16
	}
	return n
}

// Run measures all selected rows, gregor and Kafka in turn, and returns the report.
func (s *Suite) Run() (string, error) {
	kinds := []string{"gregor", "kafka"}
	if s.o.Only != "" {
		kinds = []string{s.o.Only}
	}
	for pair := range s.o.Pairs {
		for _, kind := range kinds {
			if err := s.one(kind, pair); err != nil {
				return s.report(), fmt.Errorf("%s: %w", kind, err)
			}
		}
		s.discard()
	}
	return s.report(), nil
}

// one runs every row against one new broker.
func (s *Suite) one(kind string, pair int) error {
	logf("%s, round %d", kind, pair+1)
	b := broker.New(kind, s.o.Root, s.o.Work, 17092)
	s.cur = b
	if err := b.Wipe(); err != nil {
		return err
	}
	defer s.Cleanup()
	if s.wants("start") {
		if err := s.lifecycle(b); err != nil {
			return err
		}
	}
	if _, err := b.Start(); err != nil {
		return err
	}
	if err := s.loads(b); err != nil {
		return err
	}
	if s.wants("recovery") {
		if err := s.recovery(b); err != nil {
			return err
		}
	}
	if b.Pid != 0 {
		if err := b.Stop(); err != nil {
			return err
		}
	}
	if s.wants("partitions-1k") {
		if err := s.idlePartitions(b, "partitions-1k", 1000); err != nil {
			return err
		}
	}
	// Apache Kafka takes minutes for these rows, and they have no bar on the ratio.
	if s.wants("idle-partitions") && kind == "gregor" && !s.o.Quick {
		if err := s.idlePartitions(b, "idle-partitions", 10000); err != nil {
			return err
		}
	}
	return b.Wipe()
}

func (s *Suite) report() string {
	host, _ := os.ReadFile("/proc/sys/kernel/osrelease")
	return fmt.Sprintf("# Benchmarks\n\nMade by `go run ./bench -pairs %d` on %s: %d cores, Linux %s, %s. Lower is better except for MiB/s. Ratios are gregor over Apache Kafka.\n"+
		"gregor fsyncs before it answers acks=all unless the row says write.caching; Apache Kafka never does. Both were warmed up with %.1f GiB.\n"+
		"%d times a row of a pair was discarded, since the machine was not the same for both brokers (calibrations apart by more than a fifth).\n\n%s",
		s.o.Pairs, time.Now().Format("2006-01-02"), runtime.NumCPU(), strings.TrimSpace(string(host)), runtime.Version(), float64(s.o.Warm)/(1<<30), s.discarded, s.table())
}

func logf(format string, args ...any) { fmt.Fprintf(os.Stderr, "bench: "+format+"\n", args...) }

func dirSize(dir string) int64 {
	var n int64
	_ = filepath.Walk(dir, func(_ string, i os.FileInfo, err error) error {
		if err == nil && i.Mode().IsRegular() {
			n += i.Size()
		}
		return nil
	})
	return n
}
