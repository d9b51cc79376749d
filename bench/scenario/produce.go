package scenario

import (
	"maps"
	"time"

	"github.com/gregorhq/gregor/bench/broker"
	"github.com/gregorhq/gregor/bench/load"
	"github.com/gregorhq/gregor/record"
)

// produceRow is a load of producers without pacing.
type produceRow struct {
	name string
	o    load.ProduceOptions
	// own gives the row a topic of its own instead of the topic of the warm-up.
	own bool
	// calibrated means that the report shows the machine's speed beside the row.
	calibrated bool
	// gregor and kafka are topic configurations for one of the brokers.
	gregor, kafka map[string]string
	// The bars of the first and second figure.
	cpuGoal, rateGoal string
}

// produceRows are the rows with a bar. moreProduceRows are the others.
var produceRows = []produceRow{
	{name: "produce-16k", o: batches(16<<10, 2, 1<<30), calibrated: true, cpuGoal: "≤ 1/2"},
	{name: "produce-64k", o: batches(64<<10, 2, 1<<30), calibrated: true, cpuGoal: "≤ 1/2"},
	{name: "produce-256k", o: batches(256<<10, 2, 1<<30), calibrated: true, cpuGoal: "≤ 1/2"},
	{name: "produce-caching", o: batches(64<<10, 2, 1<<30), own: true, gregor: map[string]string{"write.caching": "true"}, rateGoal: "≥ 1"},
	// The cost of a request with one 100-byte record.
	{name: "lone-record", o: load.ProduceOptions{RecordSize: 100, BatchSize: 1, Acks: -1, Conns: 4, InFlight: 16, Bytes: 400_000 * 180}, cpuGoal: "≤ 1/2"},
}

var moreProduceRows = []produceRow{
	{name: "produce-100b-acks1", o: load.ProduceOptions{RecordSize: 100, BatchSize: 16 << 10, Acks: 1, Conns: 3, InFlight: 5, Bytes: 512 << 20}, own: true},
	{name: "produce-1m", o: load.ProduceOptions{RecordSize: 1024, BatchSize: 1_000_000, Acks: -1, Conns: 4, InFlight: 2, Bytes: 1 << 30}, own: true},
	{name: "produce-128k-lz4", o: compressed(record.LZ4), own: true},
	{name: "produce-128k-zstd", o: compressed(record.Zstd), own: true},
	// In these rows both brokers sync before they answer.
	{name: "durable-1-client", o: durable(1, 32<<20), own: true, kafka: flushed},
	{name: "durable-16-clients", o: durable(16, 256<<20), own: true, kafka: flushed},
	{name: "durable-256-clients", o: durable(256, 256<<20), own: true, kafka: flushed},
	{name: "tiny-100-clients", o: load.ProduceOptions{RecordSize: 1024, BatchSize: 1, Acks: -1, Conns: 100, InFlight: 1, Bytes: 100_000 * 1100}, own: true},
}

// flushed makes Apache Kafka sync every batch before it answers.
var flushed = map[string]string{"flush.messages": "1"}

func batches(size, conns int, bytes int64) load.ProduceOptions {
	return load.ProduceOptions{RecordSize: 1024, BatchSize: size, Acks: -1, Conns: conns, InFlight: 5, Bytes: bytes}
}

// compressed returns a load of batches of 128 KiB before compression. Both brokers decompress them
// to check their records.
func compressed(codec record.Codec) load.ProduceOptions {
	o := batches(128<<10, 2, 1<<30)
	o.Codec = codec
	return o
}

func durable(conns int, bytes int64) load.ProduceOptions {
	return load.ProduceOptions{RecordSize: 1024, BatchSize: 16 << 10, Acks: -1, Conns: conns, InFlight: 1, Bytes: bytes}
}

func (s *Suite) produce(b *broker.Broker, p produceRow) error {
	if p.calibrated {
		if err := s.fill(); err != nil {
			return err
		}
		if err := s.calibrate(b.Kind, p.name); err != nil {
			return err
		}
	}
	o := p.o
	o.Addr, o.Topic, o.Partitions, o.Bytes = b.Addr, "bench", partitions, s.size(o.Bytes)
	if p.own {
		o.Topic = p.name
		configs := maps.Clone(small)
		maps.Copy(configs, map[string]map[string]string{"gregor": p.gregor, "kafka": p.kafka}[b.Kind])
		if err := load.CreateTopic(b.Addr, o.Topic, partitions, configs); err != nil {
			return err
		}
	}
	cpu := b.CPU()
	r, err := load.Produce(o)
	if err != nil {
		return err
	}
	used := b.CPU() - cpu
	if o.BatchSize == 1 {
		s.note(b.Kind, p.name, "CPU µs a record", p.cpuGoal, float64(used.Microseconds())/float64(r.Records))
		s.note(b.Kind, p.name, "records/s", p.rateGoal, float64(r.Records)/r.Elapsed.Seconds())
		return nil
	}
	s.note(b.Kind, p.name, "CPU-s/GiB", p.cpuGoal, perGiB(used, r.Bytes))
	s.note(b.Kind, p.name, "MiB/s", p.rateGoal, float64(r.Bytes)/(1<<20)/r.Elapsed.Seconds())
	return nil
}

// pacedBatches measures latency at a load that both brokers can carry: about half of the slower
// broker's maximum on two cores.
func (s *Suite) pacedBatches(b *broker.Broker) error {
	return s.paced(b, "paced-16k", 16<<10, 2000)
}

func (s *Suite) pacedLone(b *broker.Broker) error { return s.paced(b, "paced-lone", 1, 5000) }

func (s *Suite) paced(b *broker.Broker, row string, batch int, rate float64) error {
	cpu := b.CPU()
	r, err := load.Produce(load.ProduceOptions{Addr: b.Addr, Topic: "bench", Partitions: partitions, RecordSize: 1024, BatchSize: batch, Acks: -1, Conns: 4,
		InFlight: 1000, Rate: rate, Duration: s.length()})
	if err != nil {
		return err
	}
	s.note(b.Kind, row, "CPU, % of a core", "", 100*(b.CPU()-cpu).Seconds()/r.Elapsed.Seconds())
	s.note(b.Kind, row, "p50 ack, ms", "", ms(r.Quantile(.5)))
	s.note(b.Kind, row, "p99 ack, ms", "≤ 1/2", ms(r.Quantile(.99)))
	s.note(b.Kind, row, "p99.9 ack, ms", "", ms(r.Quantile(.999)))
	return nil
}

// length returns the duration of paced rows.
func (s *Suite) length() time.Duration {
	if s.o.Quick {
		return 3 * time.Second
	}
	return 20 * time.Second
}

func ms(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
