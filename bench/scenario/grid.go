package scenario

import (
	"fmt"

	"github.com/gregorhq/gregor/bench/broker"
	"github.com/gregorhq/gregor/bench/load"
)

// grid are the produce rows beside the three sizes of batches, each on a topic of its own.
func (s *Suite) grid(b *broker.Broker) error {
	for _, g := range []struct {
		row     string
		o       load.ProduceOptions
		configs map[string]string // of Apache Kafka's topic only
	}{
		{row: "produce-100b-acks1", o: load.ProduceOptions{RecordSize: 100, BatchSize: 16 << 10, Acks: 1, Conns: 3, InFlight: 5, Bytes: 512 << 20}},
		{row: "produce-1m", o: load.ProduceOptions{RecordSize: 1024, BatchSize: 1_000_000, Acks: -1, Conns: 4, InFlight: 2, Bytes: 1 << 30}},
		// Both brokers answer from the disk.
		{row: "durable-16k", o: load.ProduceOptions{RecordSize: 1024, BatchSize: 16 << 10, Acks: -1, Conns: 16, InFlight: 1, Bytes: 256 << 20}, configs: map[string]string{"flush.messages": "1"}},
		{row: "tiny-100-clients", o: load.ProduceOptions{RecordSize: 1024, BatchSize: 1, Acks: -1, Conns: 100, InFlight: 1, Bytes: 100_000 * 1100}},
	} {
		if !s.wants(g.row) {
			continue
		}
		configs := map[string]string{}
		for k, v := range small {
			configs[k] = v
		}
		if b.Kind == "kafka" {
			for k, v := range g.configs {
				configs[k] = v
			}
		}
		if err := load.CreateTopic(b.Addr, g.row, partitions, configs); err != nil {
			return err
		}
		g.o.Addr, g.o.Topic, g.o.Partitions, g.o.Bytes = b.Addr, g.row, partitions, s.size(g.o.Bytes)
		cpu := b.CPU()
		r, err := load.Produce(g.o)
		if err != nil {
			return fmt.Errorf("%s: %w", g.row, err)
		}
		used := b.CPU() - cpu
		if g.o.BatchSize == 1 {
			s.note(b.Kind, g.row, "CPU µs a record", "", float64(used.Microseconds())/float64(r.Records))
			s.note(b.Kind, g.row, "records/s", "", float64(r.Records)/r.Elapsed.Seconds())
			continue
		}
		s.note(b.Kind, g.row, "CPU-s/GiB", "", perGiB(used, r.Bytes))
		s.note(b.Kind, g.row, "MiB/s", "", float64(r.Bytes)/(1<<20)/r.Elapsed.Seconds())
	}
	return nil
}
