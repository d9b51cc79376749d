package scenario

import (
	"fmt"
	"time"

	"github.com/gregorhq/gregor/bench/broker"
	"github.com/gregorhq/gregor/bench/load"
)

const partitions = 6

// small keeps the logs of long runs from filling the disk: closed segments go after half a gibibyte.
var small = map[string]string{"retention.bytes": "536870912", "segment.bytes": "268435456"}

// loads runs the rows that need a warm broker.
func (s *Suite) loads(b *broker.Broker) error {
	time.Sleep(2 * time.Second)
	s.note(b.Kind, "memory", "RSS idle, MiB", "≤ 1/10", float64(b.RSS())/(1<<20))
	if err := s.warmUp(b); err != nil {
		return err
	}
	for _, size := range []struct {
		name  string
		bytes int
	}{{"produce-16k", 16 << 10}, {"produce-64k", 64 << 10}, {"produce-256k", 256 << 10}} {
		if s.wants(size.name) {
			if err := s.calibrate(b.Kind); err != nil {
				return err
			}
			if err := s.produce(b, size.name, "bench", size.bytes, "≤ 1/2"); err != nil {
				return err
			}
		}
	}
	if s.wants("produce-caching") {
		topic := "bench"
		if b.Kind == "gregor" {
			topic = "cached"
			conf := map[string]string{"write.caching": "true"}
			for k, v := range small {
				conf[k] = v
			}
			if err := load.CreateTopic(b.Addr, topic, partitions, conf); err != nil {
				return err
			}
		}
		if err := s.produce(b, "produce-caching", topic, 64<<10, "MiB/s ≥ 1"); err != nil {
			return err
		}
	}
	if err := s.grid(b); err != nil {
		return err
	}
	for _, row := range []struct {
		name string
		run  func(*broker.Broker) error
	}{{"lone-record", s.lone}, {"fetch", s.fetch}, {"paced", s.paced}} {
		if s.wants(row.name) {
			if err := row.run(b); err != nil {
				return fmt.Errorf("%s: %w", row.name, err)
			}
		}
	}
	s.note(b.Kind, "memory", "RSS after load, MiB", "≤ 1/8", float64(b.RSS())/(1<<20))
	return nil
}

func (s *Suite) warmUp(b *broker.Broker) error {
	if err := load.CreateTopic(b.Addr, "bench", partitions, small); err != nil {
		return err
	}
	if s.o.Warm <= 0 {
		return nil
	}
	cpu := b.CPU()
	first := min(s.o.Warm, 1<<30)
	r, err := load.Produce(load.ProduceOptions{Addr: b.Addr, Topic: "bench", Partitions: partitions, RecordSize: 1024, BatchSize: 64 << 10, Acks: -1, Conns: 2, InFlight: 5, Bytes: first})
	if err != nil {
		return err
	}
	s.note(b.Kind, "cold", "CPU-s/GiB, first GiB produced, 64 KiB batches", "", perGiB(b.CPU()-cpu, r.Bytes))
	if rest := s.o.Warm - first; rest > 0 {
		if _, err := load.Produce(load.ProduceOptions{Addr: b.Addr, Topic: "bench", Partitions: partitions, RecordSize: 1024, BatchSize: 16 << 10, Acks: -1, Conns: 2, InFlight: 5, Bytes: rest / 2}); err != nil {
			return err
		}
		if _, err := load.Produce(load.ProduceOptions{Addr: b.Addr, Topic: "bench", Partitions: partitions, RecordSize: 1024, BatchSize: 64 << 10, Acks: -1, Conns: 2, InFlight: 5, Bytes: rest / 2}); err != nil {
			return err
		}
	}
	return nil
}

func perGiB(cpu time.Duration, bytes int64) float64 {
	return cpu.Seconds() / (float64(bytes) / (1 << 30))
}

func (s *Suite) produce(b *broker.Broker, row, topic string, batch int, goal string) error {
	cpu := b.CPU()
	r, err := load.Produce(load.ProduceOptions{Addr: b.Addr, Topic: topic, Partitions: partitions, RecordSize: 1024, BatchSize: batch, Acks: -1, Conns: 2, InFlight: 5, Bytes: s.size(1 << 30)})
	if err != nil {
		return fmt.Errorf("%s: %w", row, err)
	}
	s.note(b.Kind, row, "CPU-s/GiB", goal, perGiB(b.CPU()-cpu, r.Bytes))
	s.note(b.Kind, row, "MiB/s", "", float64(r.Bytes)/(1<<20)/r.Elapsed.Seconds())
	return nil
}

// lone measures the cost of one 100-byte record a request.
func (s *Suite) lone(b *broker.Broker) error {
	cpu := b.CPU()
	r, err := load.Produce(load.ProduceOptions{Addr: b.Addr, Topic: "bench", Partitions: partitions, RecordSize: 100, BatchSize: 1, Acks: -1, Conns: 4, InFlight: 16, Bytes: s.size(400_000 * 180)})
	if err != nil {
		return err
	}
	s.note(b.Kind, "lone-record", "CPU µs a record", "≤ 1/2", float64((b.CPU()-cpu).Microseconds())/float64(r.Records))
	s.note(b.Kind, "lone-record", "records/s", "", float64(r.Records)/r.Elapsed.Seconds())
	return nil
}

func (s *Suite) fetch(b *broker.Broker) error {
	o := load.FetchOptions{Addr: b.Addr, Topic: "bench", Partitions: partitions, Conns: 2, MaxBytes: 1 << 20, Bytes: s.size(1 << 30)}
	if _, err := load.Fetch(o); err != nil {
		return err
	}
	o.Bytes = s.size(8 << 30)
	cpu := b.CPU()
	r, err := load.Fetch(o)
	if err != nil {
		return err
	}
	s.note(b.Kind, "fetch", "CPU-s/GiB", "≤ 2/3", perGiB(b.CPU()-cpu, r.Bytes))
	s.note(b.Kind, "fetch", "MiB/s", "≥ 1", float64(r.Bytes)/(1<<20)/r.Elapsed.Seconds())
	return nil
}

// paced measures latency at a load that both brokers can carry: 2,000 batches of 16 KiB a second is about half of what
// the slower one takes here.
func (s *Suite) paced(b *broker.Broker) error {
	for _, p := range []struct {
		row    string
		record int
		batch  int
		rate   float64
	}{{"paced-16k", 1024, 16 << 10, 2000}, {"paced-lone", 1024, 1, 5000}} {
		d := 20 * time.Second
		if s.o.Quick {
			d = 3 * time.Second
		}
		cpu := b.CPU()
		r, err := load.Produce(load.ProduceOptions{Addr: b.Addr, Topic: "bench", Partitions: partitions, RecordSize: p.record, BatchSize: p.batch, Acks: -1, Conns: 4, InFlight: 1000, Rate: p.rate, Duration: d})
		if err != nil {
			return err
		}
		s.note(b.Kind, p.row, "CPU, % of a core", "", 100*(b.CPU()-cpu).Seconds()/r.Elapsed.Seconds())
		for _, q := range []struct {
			name string
			q    float64
			goal string
		}{{"p50 ack, ms", .5, ""}, {"p99 ack, ms", .99, "≤ 1/2"}, {"p99.9 ack, ms", .999, ""}} {
			s.note(b.Kind, p.row, q.name, q.goal, float64(r.Quantile(q.q).Microseconds())/1000)
		}
	}
	return nil
}
