package scenario

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/gregorhq/gregor/bench/broker"
	"github.com/gregorhq/gregor/bench/load"
)

// fetch reads records from the page cache.
func (s *Suite) fetch(b *broker.Broker) error {
	o := load.FetchOptions{Addr: b.Addr, Topic: "bench", Partitions: partitions, Conns: 2, MaxBytes: 1 << 20, Bytes: s.size(1 << 30)}
	if _, err := load.Fetch(o); err != nil {
		return err
	}
	o.Bytes = s.size(8 << 30)
	return s.fetchRow(b, "fetch", o, "≤ 2/3", "≥ 1")
}

func (s *Suite) fetchRow(b *broker.Broker, row string, o load.FetchOptions, cpuGoal, rateGoal string) error {
	cpu := b.CPU()
	r, err := load.Fetch(o)
	if err != nil {
		return err
	}
	s.note(b.Kind, row, "CPU-s/GiB", cpuGoal, perGiB(b.CPU()-cpu, r.Bytes))
	s.note(b.Kind, row, "MiB/s", rateGoal, float64(r.Bytes)/(1<<20)/r.Elapsed.Seconds())
	return nil
}

// fetchUncached drops 2 GiB from the page cache and reads them once.
func (s *Suite) fetchUncached(b *broker.Broker) error {
	const topic = "uncached"
	if err := load.CreateTopic(b.Addr, topic, partitions, nil); err != nil {
		return err
	}
	o := batches(256<<10, 2, s.size(2<<30))
	o.Addr, o.Topic, o.Partitions = b.Addr, topic, partitions
	if _, err := load.Produce(o); err != nil {
		return err
	}
	if err := forget(filepath.Join(b.Dir, topic+"-*", "*.log")); err != nil {
		return err
	}
	// Two connections begin at two partitions, so each reads half of the records.
	return s.fetchRow(b, "fetch-uncached", load.FetchOptions{Addr: b.Addr, Topic: topic, Partitions: partitions, Conns: 2, MaxBytes: 1 << 20, Stride: partitions / 2,
		Bytes: o.Bytes * 9 / 10}, "", "")
}

// forget writes files to the disk and removes them from the page cache.
func forget(pattern string) error {
	names, err := filepath.Glob(pattern)
	if err != nil || len(names) == 0 {
		return fmt.Errorf("no files %s: %w", pattern, err)
	}
	for _, name := range names {
		f, err := os.Open(name)
		if err != nil {
			return err
		}
		err = f.Sync()
		if err == nil {
			err = dropPages(f)
		}
		_ = f.Close()
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	return nil
}

func (s *Suite) tailOne(b *broker.Broker) error { return s.tail(b, "tail-1", 1) }
func (s *Suite) tailTen(b *broker.Broker) error { return s.tail(b, "tail-10", 10) }

// tail runs consumers that wait at the end of the log, at 500 batches a second.
func (s *Suite) tail(b *broker.Broker, row string, readers int) error {
	if err := load.CreateTopic(b.Addr, row, partitions, small); err != nil {
		return err
	}
	cpu := b.CPU()
	r, err := load.Tail(load.TailOptions{Readers: readers, Produce: load.ProduceOptions{Addr: b.Addr, Topic: row, Partitions: partitions, RecordSize: 1024, BatchSize: 16 << 10,
		Acks: -1, InFlight: 1000, Rate: 500, Duration: s.length()}})
	if err != nil {
		return err
	}
	s.note(b.Kind, row, "CPU, % of a core", "", 100*(b.CPU()-cpu).Seconds()/r.Elapsed.Seconds())
	s.note(b.Kind, row, "p50 to a consumer, ms", "", ms(r.Quantile(.5)))
	s.note(b.Kind, row, "p99 to a consumer, ms", "", ms(r.Quantile(.99)))
	return nil
}
