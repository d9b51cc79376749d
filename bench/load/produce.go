package load

import (
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gregorhq/gregor/internal/protocol"
	"github.com/gregorhq/gregor/record"
)

// ProduceOptions describes one produce load.
type ProduceOptions struct {
	Addr, Topic string
	Partitions  int
	RecordSize  int
	// BatchSize is the size of a batch before compression by Codec.
	BatchSize int
	Codec     record.Codec
	Acks      int16
	Conns     int
	// InFlight is the number of open requests of a connection.
	InFlight int
	// Bytes ends a saturated run after this number of bytes is acknowledged.
	Bytes int64
	// Rate, when above 0, paces the load: batches per second over all connections. The load sends
	// each batch at its intended time, also when the broker is slow, and measures latency from the
	// intended time (no coordinated omission). Duration ends such a run.
	Rate     float64
	Duration time.Duration
	// Sent, when set, is called before each batch is sent, with the batch's intended time. The
	// calls of one connection are in order.
	Sent func(partition int, due time.Time)
}

// ProduceResult is the result of a produce load.
type ProduceResult struct {
	Bytes     int64
	Batches   int64
	Records   int64
	Elapsed   time.Duration
	Latencies []time.Duration // sorted; only in paced runs
}

// Quantile returns a latency quantile.
func (r ProduceResult) Quantile(q float64) time.Duration { return quantile(r.Latencies, q) }

func quantile(sorted []time.Duration, q float64) time.Duration {
	if len(sorted) == 0 {
		return 0
	}
	return sorted[min(len(sorted)-1, int(q*float64(len(sorted))))]
}

// Produce runs the load to its end.
func Produce(o ProduceOptions) (ProduceResult, error) {
	var res ProduceResult
	batch, records, err := Batch(o.RecordSize, o.BatchSize, o.Codec)
	if err != nil {
		return res, err
	}
	var left atomic.Int64
	left.Store((o.Bytes + int64(len(batch)) - 1) / int64(len(batch)))
	var mu sync.Mutex
	var wg sync.WaitGroup
	var errs []error
	conns, err := dialAll(o.Addr, o.Conns)
	if err != nil {
		return res, err
	}
	start := time.Now()
	for i, c := range conns {
		wg.Add(1)
		go func() {
			defer wg.Done()
			p := &producer{o: o, index: i, batch: batch, left: &left, start: start}
			err := p.run(c)
			mu.Lock()
			defer mu.Unlock()
			res.Batches += p.acked
			res.Latencies = append(res.Latencies, p.latencies...)
			if err != nil {
				errs = append(errs, err)
			}
		}()
	}
	wg.Wait()
	res.Elapsed = time.Since(start)
	res.Bytes = res.Batches * int64(len(batch))
	res.Records = res.Batches * int64(records)
	slices.Sort(res.Latencies)
	return res, errors.Join(errs...)
}

type producer struct {
	o         ProduceOptions
	index     int
	batch     []byte
	left      *atomic.Int64
	start     time.Time
	acked     int64
	latencies []time.Duration
}

func (p *producer) run(c *Conn) error {
	defer c.Close()
	var frames [][]byte
	for i := range p.o.Partitions {
		frames = append(frames, ProduceFrame(p.o.Topic, i, p.o.Acks, p.batch))
	}
	slots := make(chan time.Time, p.o.InFlight)
	sendErr := make(chan error, 1)
	go func() {
		defer close(slots)
		sendErr <- p.send(c, frames, slots)
	}()
	for due := range slots {
		b, err := c.Receive()
		if err != nil {
			return err
		}
		if err := checkProduce(b); err != nil {
			c.Close()
			for range slots {
			}
			return err
		}
		p.acked++
		if p.o.Rate > 0 {
			p.latencies = append(p.latencies, time.Since(due))
		}
	}
	return <-sendErr
}

func (p *producer) send(c *Conn, frames [][]byte, slots chan<- time.Time) error {
	next := p.index
	if p.o.Rate <= 0 {
		for p.left.Add(-1) >= 0 {
			slots <- time.Time{}
			if err := c.Send(frames[next%len(frames)]); err != nil {
				return err
			}
			next++
		}
		return nil
	}
	every := time.Duration(float64(time.Second) * float64(p.o.Conns) / p.o.Rate)
	due := p.start.Add(every * time.Duration(p.index) / time.Duration(p.o.Conns))
	for due.Before(p.start.Add(p.o.Duration)) {
		if d := time.Until(due); d > 0 {
			time.Sleep(d)
		}
		slots <- due
		if p.o.Sent != nil {
			p.o.Sent(next%len(frames), due)
		}
		if err := c.Send(frames[next%len(frames)]); err != nil {
			return err
		}
		next++
		due = due.Add(every)
	}
	return nil
}

// checkProduce looks for an error in a Produce answer (version 9, one partition) without decoding
// the whole answer.
func checkProduce(b []byte) error {
	// header tags, topics count, topic name, partitions count, index, error code
	if len(b) < 3 {
		return errors.New("short produce answer")
	}
	name, n := binary.Uvarint(b[2:])
	at := 2 + n + int(name) - 1 + 1 + 4
	if n <= 0 || len(b) < at+2 {
		return errors.New("short produce answer")
	}
	if e := protocol.Error(binary.BigEndian.Uint16(b[at:])); e != protocol.ErrNone {
		return fmt.Errorf("produce: %w", e)
	}
	return nil
}
