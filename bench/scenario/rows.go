package scenario

import (
	"fmt"
	"time"

	"github.com/gregorhq/gregor/bench/broker"
	"github.com/gregorhq/gregor/bench/load"
)

const partitions = 6

// small keeps the logs of long runs from filling the disk: retention deletes closed segments above
// half a gibibyte.
var small = map[string]string{"retention.bytes": "536870912", "segment.bytes": "268435456"}

// loads runs the rows that need a warm broker.
func (s *Suite) loads(b *broker.Broker) error {
	time.Sleep(2 * time.Second)
	s.note(b.Kind, "memory", "RSS idle, MiB", "≤ 1/10", float64(b.RSS())/(1<<20))
	if err := s.warmUp(b); err != nil {
		return err
	}
	// Latency first: the saturated rows leave dirty pages behind.
	if err := s.runs(b, otherRow{"paced-16k", s.pacedBatches}, otherRow{"paced-lone", s.pacedLone}, otherRow{"tail-1", s.tailOne}, otherRow{"tail-10", s.tailTen}); err != nil {
		return err
	}
	if err := s.produces(b, produceRows); err != nil {
		return err
	}
	// Full memory reduced the noise of the rows above. It would increase the latency of the rows
	// below.
	s.empty()
	if err := s.runs(b, otherRow{"fetch", s.fetch}); err != nil {
		return err
	}
	s.note(b.Kind, "memory", "RSS after load, MiB", "≤ 1/8", float64(b.RSS())/(1<<20))
	if err := s.produces(b, moreProduceRows); err != nil {
		return err
	}
	return s.runs(b, otherRow{"fetch-uncached", s.fetchUncached})
}

// otherRow is a row that is not a produceRow.
type otherRow struct {
	name string
	do   func(*broker.Broker) error
}

func (s *Suite) runs(b *broker.Broker, rows ...otherRow) error {
	for _, r := range rows {
		if s.wants(r.name) {
			if err := r.do(b); err != nil {
				return fmt.Errorf("%s: %w", r.name, err)
			}
		}
	}
	return nil
}

func (s *Suite) produces(b *broker.Broker, rows []produceRow) error {
	for _, p := range rows {
		if s.wants(p.name) {
			if err := s.produce(b, p); err != nil {
				return fmt.Errorf("%s: %w", p.name, err)
			}
		}
	}
	return nil
}

func (s *Suite) warmUp(b *broker.Broker) error {
	if err := load.CreateTopic(b.Addr, "bench", partitions, small); err != nil {
		return err
	}
	if s.o.Warm <= 0 {
		return nil
	}
	first := min(s.o.Warm, 1<<30)
	rest := (s.o.Warm - first) / 2
	for i, o := range []load.ProduceOptions{batches(64<<10, 2, first), batches(16<<10, 2, rest), batches(64<<10, 2, rest)} {
		if o.Bytes == 0 {
			continue
		}
		o.Addr, o.Topic, o.Partitions = b.Addr, "bench", partitions
		cpu := b.CPU()
		r, err := load.Produce(o)
		if err != nil {
			return err
		}
		if i == 0 {
			s.note(b.Kind, "cold", "CPU-s/GiB, first GiB produced, 64 KiB batches", "", perGiB(b.CPU()-cpu, r.Bytes))
		}
	}
	return nil
}

func perGiB(cpu time.Duration, bytes int64) float64 {
	return cpu.Seconds() / (float64(bytes) / (1 << 30))
}
