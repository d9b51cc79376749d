package scenario

import (
	"fmt"
	"time"

	"github.com/gregorhq/gregor/bench/broker"
	"github.com/gregorhq/gregor/bench/load"
)

// lifecycle measures starts on a formatted, empty directory.
func (s *Suite) lifecycle(b *broker.Broker) error {
	for i := range 4 {
		d, err := b.Start()
		if err != nil {
			return err
		}
		if i > 0 {
			s.note(b.Kind, "start", "exec to first answer, ms", "≤ 1/40, ≤ 50 ms", float64(d.Microseconds())/1000)
		}
		if err := b.Stop(); err != nil {
			return err
		}
	}
	return nil
}

// recovery measures a restart after kill -9 with 5 GB of data, until every partition accepts a
// record.
func (s *Suite) recovery(b *broker.Broker) error {
	if err := b.Stop(); err != nil {
		return err
	}
	if err := b.Wipe(); err != nil {
		return err
	}
	if _, err := b.Start(); err != nil {
		return err
	}
	if err := load.CreateTopic(b.Addr, "big", partitions, nil); err != nil {
		return err
	}
	if _, err := load.Produce(load.ProduceOptions{Addr: b.Addr, Topic: "big", Partitions: partitions, RecordSize: 1024, BatchSize: 256 << 10, Acks: -1, Conns: 2, InFlight: 5, Bytes: s.size(5 << 30)}); err != nil {
		return err
	}
	if err := b.Kill(); err != nil {
		return err
	}
	logf("%s killed with %d MiB on disk", b.Kind, dirSize(b.Dir)>>20)
	began := time.Now()
	if _, err := b.Start(); err != nil {
		return err
	}
	if err := awaitWritable(b.Addr, "big"); err != nil {
		return err
	}
	s.note(b.Kind, "recovery", "kill -9 with 5 GB to writable, s", "≤ 1/5", time.Since(began).Seconds())
	return nil
}

func awaitWritable(addr, topic string) error {
	deadline := time.Now().Add(2 * time.Minute)
	for {
		_, err := load.Produce(load.ProduceOptions{Addr: addr, Topic: topic, Partitions: partitions, RecordSize: 100, BatchSize: 1, Acks: 1, Conns: 1, InFlight: 1, Bytes: partitions * 170})
		if err == nil || time.Now().After(deadline) {
			return err
		}
		time.Sleep(10 * time.Millisecond)
	}
}

// idlePartitions measures the cost of n idle partitions, in topics of 1,000.
func (s *Suite) idlePartitions(b *broker.Broker, row string, n int) error {
	if err := b.Wipe(); err != nil {
		return err
	}
	if _, err := b.Start(); err != nil {
		return err
	}
	for i := range n / 1000 {
		if err := load.CreateTopic(b.Addr, fmt.Sprintf("idle-%d", i), 1000, nil); err != nil {
			return err
		}
	}
	began := time.Now()
	if err := b.Stop(); err != nil {
		return err
	}
	s.note(b.Kind, row, fmt.Sprintf("clean stop with %d partitions, s", n), "", time.Since(began).Seconds())
	d, err := b.Start()
	if err != nil {
		return err
	}
	began = time.Now()
	if err := awaitWritable(b.Addr, "idle-0"); err != nil {
		return err
	}
	s.note(b.Kind, row, fmt.Sprintf("start with %d partitions to writable, s", n), "≤ 5 s", (d + time.Since(began)).Seconds())
	s.note(b.Kind, row, "first answer, s", "", d.Seconds())
	time.Sleep(3 * time.Second)
	s.note(b.Kind, row, "RSS, MiB", "", float64(b.RSS())/(1<<20))
	s.note(b.Kind, row, "RSS a partition, KiB, all of the process counted", "≤ 32", float64(b.RSS())/1024/float64(n))
	cpu := b.CPU()
	time.Sleep(10 * time.Second)
	s.note(b.Kind, row, "CPU, % of a core", "0", 100*(b.CPU()-cpu).Seconds()/10)
	return b.Stop()
}
