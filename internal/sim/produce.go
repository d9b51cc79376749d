package sim

import (
	"fmt"
	"time"

	"github.com/gregorhq/gregor/internal/protocol"
	"github.com/gregorhq/gregor/internal/protocol/wire"
	"github.com/gregorhq/gregor/record"
)

// producer writes numbered records to one partition. An idempotent producer keeps several batches
// in flight and resends them in order until each is acknowledged.
type producer struct {
	client
	acks       int16
	idempotent bool
	id         int64
	epoch      int16
	// next is the number of the next record, sequence its producer sequence.
	next     int
	sequence int32
	// queue are the unacknowledged batches, in order. The first sent of them are in flight.
	queue []*produced
	sent  int
	// broken means that a batch has failed. The producer sends nothing until all answers have
	// arrived.
	broken bool
	// known means that the partition has a batch of this producer.
	known bool
	// ended means that an answer has said that the topic is deleted.
	ended bool
}

// produced is one batch of a producer.
type produced struct {
	values []string
	ms     int64
	base   int32
	codec  record.Codec
	tries  int
}

const inFlightMax = 4

func (s *session) newProducer(p *part, idempotent bool, acks int16) *producer {
	mode := fmt.Sprint("acks", acks)
	if idempotent {
		mode = "idempotent"
	}
	c := &producer{client: s.newClient(fmt.Sprintf("producer-%v.%d-%s", p, p.t.number, mode)), idempotent: idempotent, acks: acks, id: -1, epoch: -1}
	c.p = p
	return c
}

func (c *producer) loop() {
	if !c.idempotent {
		c.work()
		return
	}
	c.begin()
	c.initID()
}

func (c *producer) initID() {
	req := &protocol.InitProducerIDRequest{}
	req.SetDefaults()
	req.TransactionalID, req.TransactionTimeoutMs = nil, 60_000
	ask(&c.client, req, c.version(req, 0), func(r *protocol.InitProducerIDResponse, lost bool) {
		if lost || r.ErrorCode != 0 {
			c.again("get a producer id", c.initID)
			return
		}
		if c.s.ids[r.ProducerID] {
			c.w.fail("producer ids: %d was handed out twice", r.ProducerID)
		}
		c.s.ids[r.ProducerID] = true
		c.id, c.epoch = r.ProducerID, r.ProducerEpoch
		c.work()
	})
}

// gone reports whether the topic is deleted.
func (c *producer) gone() bool { return c.ended || c.p.t.gone() }

// work makes the next batch and schedules the one after it.
func (c *producer) work() {
	if c.gone() {
		return
	}
	if len(c.queue) < inFlightMax && !c.s.calm {
		b := &produced{ms: c.w.wall().UnixMilli(), base: c.sequence, codec: pick(c.w, record.None, record.None, record.Gzip, record.Snappy, record.LZ4, record.Zstd)}
		for range 1 + c.w.rng.IntN(5) {
			b.values = append(b.values, fmt.Sprintf("%s/%d", c.name, c.next))
			c.next++
		}
		c.sequence += int32(len(b.values))
		c.queue = append(c.queue, b)
		c.flush()
	}
	c.w.after(c.s.pace(), c.name+" works", c.work)
}

// flush sends the batches that are not in flight.
func (c *producer) flush() {
	if c.gone() {
		return
	}
	if c.broken && c.sent > 0 {
		return
	}
	c.broken = false
	// Kafka 4.4 accepts any sequence as the first one of a producer, so it would accept a batch
	// that overtakes a failed first one (KAFKA-15591). The first batch is sent alone.
	for c.sent < len(c.queue) && (c.idempotent && c.known || c.sent == 0) {
		b := c.queue[c.sent]
		if c.sent == 0 && b.tries == 0 {
			c.begin()
		}
		c.sent++
		c.send(b)
	}
}

func (c *producer) batch(b *produced) []byte {
	o := record.BuilderOptions{Codec: b.codec, LeaderEpoch: record.NoPartitionLeaderEpoch}
	if c.idempotent {
		o.Producer = &record.Producer{ID: c.id, Epoch: c.epoch, Sequence: b.base}
	}
	builder := record.NewBuilder(o)
	for i, v := range b.values {
		if err := builder.Append(int64(i), b.ms, []byte(v), append([]byte(v), make([]byte, len(v)*3)...), nil); err != nil {
			panic(err)
		}
	}
	out, err := builder.Bytes()
	if err != nil {
		panic(err)
	}
	return out
}

func produceRequest(t *topic, index int32, acks int16, records []byte) *protocol.ProduceRequest {
	req := &protocol.ProduceRequest{}
	req.SetDefaults()
	req.Acks, req.TimeoutMs = acks, 5000
	data := protocol.ProduceRequestTopicProduceData{Name: t.name, TopicID: t.id,
		PartitionData: []protocol.ProduceRequestPartitionProduceData{{Index: index, Records: wire.Records{Bytes: records}}}}
	req.TopicData = append(req.TopicData, data)
	return req
}

func (c *producer) send(b *produced) {
	b.tries++
	req := produceRequest(c.p.t, c.p.index, c.acks, c.batch(b))
	version := c.version(req, 0)
	if b.codec == record.Zstd {
		version = max(version, 7) // older versions refuse the codec
	}
	if c.acks == 0 {
		c.conn.send(req, version, true, func(protocol.Message, error) { c.over(b) })
		return
	}
	refuse, life := c.s.m.mustRefuse(c.p), c.s.m.lives
	ask(&c.client, req, version, func(r *protocol.ProduceResponse, lost bool) {
		if r == nil {
			c.failed(b, protocol.ErrNone)
			return
		}
		got := r.Responses[0].PartitionResponses[0]
		if e := protocol.Error(got.ErrorCode); e != protocol.ErrNone {
			if e == protocol.ErrKafkaStorageError && c.s.m.failing() && c.s.m.disk.inFirstDir(c.p) && !c.s.scarce() {
				c.w.fail("disks: %s gets %s, but the disk of its partition works", c.name, e.Name())
			}
			c.failed(b, e)
			return
		}
		if refuse && life == c.s.m.lives {
			c.w.fail("disks: %s gets an acknowledgement for a partition whose disk has failed", c.name)
		}
		c.known = true
		// After a power cut only acks=all still guarantees an acknowledged batch.
		if !lost || c.acks == -1 {
			c.p.ack(c.w, got.BaseOffset, b.values, b.ms, c.acks, c.name)
		}
		c.s.stats.Acked += len(b.values)
		c.over(b)
	})
}

// over ends a batch.
func (c *producer) over(b *produced) {
	if c.gone() {
		return
	}
	c.sent--
	if c.queue[0] != b {
		// Answers keep their order, so an earlier batch has failed, and this one will be sent
		// again.
		for i, q := range c.queue {
			if q == b {
				c.queue = append(c.queue[:i:i], c.queue[i+1:]...)
			}
		}
	} else {
		c.queue = c.queue[1:]
	}
	c.retryIfDrained()
	if !c.broken {
		c.flush()
	}
}

// failed schedules a retry of a batch, or drops the batch.
func (c *producer) failed(b *produced, e protocol.Error) {
	if c.gone() {
		return
	}
	c.sent--
	first := c.queue[0] == b && !c.broken
	switch {
	case e == protocol.ErrUnknownTopicOrPartition && !c.p.t.exists, e == protocol.ErrUnknownTopicID && !c.p.t.exists:
		c.ended = true
		return
	case e == protocol.ErrOutOfOrderSequenceNumber && first && c.idempotent:
		c.w.fail("idempotence: %s gets %s for the first batch in flight, %q", c.name, e.Name(), b.values[0])
	case e != protocol.ErrNone && !e.Retriable() && e != protocol.ErrOutOfOrderSequenceNumber:
		c.w.fail("produce: %s gets %s", c.name, e.Name())
	}
	c.broken = true
	if !c.idempotent {
		// Its outcome is unknown, and a retry could append it twice, so the producer drops it.
		c.queue = c.queue[1:]
	}
	c.retryIfDrained()
}

func (c *producer) retryIfDrained() {
	if c.broken && c.sent == 0 {
		c.again("produce", c.flush)
	}
}

// pace is the pause between two operations of a client.
func (s *session) pace() time.Duration {
	if s.w.chance(10) {
		return s.w.between(time.Second, 20*time.Second)
	}
	return s.w.between(50*time.Millisecond, 2*time.Second)
}

// keyed writes and deletes keys of a compacted partition, one record at a time.
type keyed struct {
	client
	n int
}

const keys = 12

func (s *session) newKeyed(p *part) *keyed {
	c := &keyed{client: s.newClient(fmt.Sprintf("keyed-%v", p))}
	c.p = p
	return c
}

func (c *keyed) loop() {
	if c.s.calm {
		return
	}
	key := fmt.Sprint("key", c.w.rng.IntN(keys))
	st := c.p.latest[key]
	if st == nil {
		st = &keyState{none: true}
		c.p.latest[key] = st
	}
	c.n++
	value := fmt.Sprintf("%s/%d", c.name, c.n)
	if c.w.chance(4) {
		value = "" // a tombstone
	}
	c.begin()
	c.put(key, value, st)
}

func (c *keyed) put(key, value string, st *keyState) {
	st.may, st.touched = append(st.may, value), c.w.now
	b := record.NewBuilder(record.BuilderOptions{LeaderEpoch: record.NoPartitionLeaderEpoch})
	var v []byte
	if value != "" {
		v = append([]byte(value), make([]byte, 100)...)
	}
	ms := c.w.wall().UnixMilli()
	if err := b.Append(0, ms, []byte(key), v, nil); err != nil {
		panic(err)
	}
	batch, err := b.Bytes()
	if err != nil {
		panic(err)
	}
	req := produceRequest(c.p.t, c.p.index, -1, batch)
	ask(&c.client, req, c.version(req, 0), func(r *protocol.ProduceResponse, _ bool) {
		if r == nil || r.Responses[0].PartitionResponses[0].ErrorCode != 0 {
			c.again("produce a key", func() { c.put(key, value, st) })
			return
		}
		c.s.stats.Acked++
		c.p.durable = max(c.p.durable, r.Responses[0].PartitionResponses[0].BaseOffset+1)
		st.may, st.none, st.touched = []string{value}, value == "", c.w.now
		c.w.after(c.s.pace()/4, c.name+" works", c.loop)
	})
}
