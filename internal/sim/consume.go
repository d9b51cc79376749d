package sim

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/gregorhq/gregor/internal/protocol"
	"github.com/gregorhq/gregor/record"
)

// seen is one record of a fetch.
type seen struct {
	offset int64
	ms     int64
	key    string
	value  string
	null   bool
}

// fetched is the outcome of one fetch of one partition.
type fetched struct {
	err       protocol.Error
	hw, start int64
	records   []seen
	next      int64 // offset after the last batch
	batches   int
	floor     floor
}

// fetch reads a partition once. lost is set when the answer is invalid because the connection or
// the power was lost meanwhile.
func (c *client) fetch(p *part, offset int64, maxWaitMs, maxBytes int32, done func(f fetched, lost bool)) {
	promised := p.floor()
	req := &protocol.FetchRequest{}
	req.SetDefaults()
	req.MaxWaitMs, req.MinBytes, req.MaxBytes = maxWaitMs, 1, maxBytes
	part := protocol.FetchRequestPartition{}
	part.Partition, part.CurrentLeaderEpoch, part.FetchOffset, part.LastFetchedEpoch, part.LogStartOffset = p.index, -1, offset, -1, -1
	part.PartitionMaxBytes, part.HighWatermark = maxBytes, 1<<62
	req.Topics = []protocol.FetchRequestTopic{{Topic: p.t.name, TopicID: p.t.id, Partitions: []protocol.FetchRequestPartition{part}}}
	ask(c, req, c.version(req, 0), func(r *protocol.FetchResponse, lost bool) {
		if lost {
			done(fetched{}, true)
			return
		}
		if r.ErrorCode != 0 || len(r.Responses) == 0 {
			done(fetched{err: protocol.Error(r.ErrorCode)}, r.ErrorCode == 0)
			return
		}
		got := &r.Responses[0].Partitions[0]
		f := fetched{err: protocol.Error(got.ErrorCode), hw: got.HighWatermark, start: got.LogStartOffset, next: offset, floor: promised}
		c.read(p, got.Records.Bytes, offset, &f)
		c.s.stats.Read += len(f.records)
		done(f, false)
	})
}

// read decodes the batches of an answer as a consumer does.
func (c *client) read(p *part, b []byte, offset int64, f *fetched) {
	for batch, err := range record.Batches(b) {
		if err == nil {
			err = batch.Validate()
		}
		if err != nil {
			c.w.fail("corrupt: %v gives %s a batch that cannot be read: %v", p, c.name, err)
			return
		}
		if batch.LastOffset() < offset {
			continue
		}
		f.batches++
		var r record.Reader
		r.Reset(batch, record.Limits{})
		for r.Next() {
			rec := r.Record()
			if rec.Offset < offset {
				continue
			}
			f.records = append(f.records, seen{offset: rec.Offset, ms: rec.Timestamp, key: string(rec.Key),
				value: strings.TrimRight(string(rec.Value), "\x00"), null: rec.Value == nil})
		}
		if r.Err() != nil {
			c.w.fail("corrupt: %v gives %s a record that cannot be read: %v", p, c.name, r.Err())
			return
		}
		f.next = batch.NextOffset()
	}
	if f.next > f.hw && f.err == protocol.ErrNone && f.batches > 0 {
		c.w.fail("high watermark: %v gives %s records up to %d above the high watermark %d", p, c.name, f.next, f.hw)
	}
}

// consumer reads a partition from its beginning to its end, and then waits for new records.
type consumer struct {
	client
	position int64
	// reset means that the position is new, so the first record may have any offset.
	reset bool
}

func (s *session) newConsumer(p *part) *consumer {
	c := &consumer{client: s.newClient(fmt.Sprintf("consumer-%v", p))}
	c.p = p
	return c
}

func (c *consumer) loop() {
	if !c.p.t.exists && !c.p.t.unsure || c.s.calm {
		return
	}
	c.begin()
	c.poll()
}

func (c *consumer) poll() {
	cuts := c.s.cuts
	c.fetch(c.p, c.position, pick[int32](c.w, 0, 100, 500, 5000), pick[int32](c.w, 100, 1000, 100_000), func(f fetched, lost bool) {
		if cuts != c.s.cuts {
			c.position = min(c.position, c.p.durable) // the records above may be gone
		}
		switch {
		case lost || f.err == protocol.ErrNotLeaderOrFollower || f.err == protocol.ErrUnknownTopicOrPartition || f.err == protocol.ErrUnknownTopicID:
			c.again("fetch", c.poll)
			return
		case f.err == protocol.ErrOffsetOutOfRange:
			c.outOfRange(f.floor)
		case f.err != protocol.ErrNone:
			if !f.err.Retriable() {
				c.w.fail("fetch: %s gets %s", c.name, f.err.Name())
			}
			c.again("fetch", c.poll)
			return
		default:
			c.take(f)
		}
		c.w.after(c.s.pace()/2, c.name+" works", c.loop)
	})
}

// outOfRange continues at the log start offset.
func (c *consumer) outOfRange(promised floor) {
	if p := c.p; p.t.kind == plain && c.position >= p.deleteTo && c.position <= promised.durable {
		c.w.fail("lost: %v has no offset %d for %s, which is between start %d and the acknowledged end %d", p, c.position, c.name, p.start, p.durable)
	}
	c.bounds(c.p, func(start, _ int64, ok bool) {
		if ok {
			c.position, c.reset = start, true
		}
	})
}

func (c *consumer) take(f fetched) {
	c.p.raiseHW(c.w, f.floor, f.hw, c.name)
	if f.start >= 0 {
		c.p.raiseStart(c.w, f.floor, f.start, c.name)
	}
	for i, r := range f.records {
		want := c.position
		if i > 0 {
			want = f.records[i-1].offset + 1
		}
		if r.offset != want && !c.reset {
			c.w.fail("contiguity: %s reads offset %d of %v, expected %d", c.name, r.offset, c.p, want)
		}
		c.reset = false
		c.p.see(c.w, r.offset, r.value, r.ms, false, c.name)
	}
	if f.batches > 0 {
		c.position = f.next
	}
}

// auditor reads whole partitions and compares them with all promises.
type auditor struct {
	client
	// order are the remaining partitions of this audit.
	order []*part
	life  *life
	// done is called at the end of an audit. It may be nil.
	done func()
}

func (s *session) newAuditor(name string) *auditor { return &auditor{client: s.newClient(name)} }

// loop audits after each start of the node, and sometimes between starts.
func (c *auditor) loop() {
	if c.s.calm {
		return
	}
	if c.s.m.serving && (c.life != c.s.m.life || c.w.chance(20)) {
		c.life = c.s.m.life
		c.audit(func() { c.w.after(5*time.Second, "audit", c.loop) })
		return
	}
	c.w.after(2*time.Second, "audit", c.loop)
}

func (c *auditor) audit(done func()) {
	c.done, c.order = done, nil
	for _, t := range c.s.alive() {
		c.order = append(c.order, t.parts...)
	}
	c.next()
}

func (c *auditor) next() {
	if len(c.order) == 0 {
		c.s.stats.Audits++
		c.done()
		return
	}
	p := c.order[0]
	c.order = c.order[1:]
	c.begin()
	c.partition(p)
}

// partition reads one partition completely.
func (c *auditor) partition(p *part) {
	promised, began := p.floor(), c.w.now
	c.bounds(p, func(start, end int64, ok bool) {
		switch {
		case !p.t.exists || p.t.unsure:
			c.next()
		case !ok:
			c.again("audit", func() { c.partition(p) })
		default:
			p.raiseStart(c.w, promised, start, c.name)
			c.scan(&scan{p: p, floor: promised, start: start, end: end, at: start, cuts: c.s.cuts, began: began})
		}
	})
}

// bounds asks for the log start offset and the end of a partition. ok is false without an answer.
func (c *client) bounds(p *part, done func(start, end int64, ok bool)) {
	c.listOffset(p, earliest, func(start int64, ok bool) {
		if !ok {
			done(0, 0, false)
			return
		}
		c.listOffset(p, latest, func(end int64, ok bool) { done(start, end, ok) })
	})
}

// Timestamps of ListOffsets that mean an offset.
const (
	latest   = -1
	earliest = -2
)

func (c *client) listOffset(p *part, timestamp int64, done func(offset int64, ok bool)) {
	req := &protocol.ListOffsetsRequest{}
	req.SetDefaults()
	req.ReplicaID = -1
	req.Topics = []protocol.ListOffsetsRequestTopic{{Name: p.t.name, Partitions: []protocol.ListOffsetsRequestPartition{
		{PartitionIndex: p.index, CurrentLeaderEpoch: -1, Timestamp: timestamp}}}}
	ask(c, req, c.version(req, 0), func(r *protocol.ListOffsetsResponse, lost bool) {
		if lost || r.Topics[0].Partitions[0].ErrorCode != 0 {
			done(0, false)
			return
		}
		done(r.Topics[0].Partitions[0].Offset, true)
	})
}

// retry reads a partition again, or skips it when its topic is gone.
func (c *auditor) retry(p *part) {
	if !p.t.exists || p.t.unsure {
		c.next()
		return
	}
	c.partition(p)
}

// scan is one pass of an auditor over a partition.
type scan struct {
	p              *part
	floor          floor
	start, end, at int64
	cuts           int
	began          time.Duration
	records        []seen
}

func (c *auditor) scan(s *scan) {
	if s.at >= s.end {
		c.judge(s)
		c.next()
		return
	}
	c.fetch(s.p, s.at, 0, 1<<20, func(f fetched, lost bool) {
		if lost || f.err != protocol.ErrNone || s.cuts != c.s.cuts || s.p.start > s.at || s.p.t.gone() {
			c.again("audit", func() { c.retry(s.p) }) // the log changed during the scan
			return
		}
		if f.batches == 0 {
			c.w.fail("lost: %v gives nothing at offset %d below its end %d", s.p, s.at, s.end)
			return
		}
		s.records = append(s.records, f.records...)
		s.at = f.next
		c.scan(s)
	})
}

// judge compares a whole partition with its model.
func (c *auditor) judge(s *scan) {
	p := s.p
	p.raiseHW(c.w, s.floor, s.end, c.name)
	if p.t.kind == compacted {
		c.judgeKeys(s)
		return
	}
	at := s.start
	last := map[string]int{}
	for _, r := range s.records {
		if r.offset != at {
			c.w.fail("lost: %v offset %d follows offset %d", p, r.offset, at-1)
			return
		}
		at++
		p.see(c.w, r.offset, r.value, r.ms, false, c.name)
		c.judgeOrder(p, r, last)
	}
	for _, offset := range slices.Sorted(maps.Keys(p.known)) {
		e := p.known[offset]
		if e.acked && offset < s.start && !p.mayDelete(c.s, offset, e) {
			c.w.fail("lost: %v starts at %d, but offset %d was acknowledged and nothing allowed its deletion", p, s.start, offset)
		}
		if offset < s.start {
			delete(p.known, offset)
		}
	}
}

// judgeOrder checks that each record of an idempotent producer occurs once, and that the records
// are in order.
func (c *auditor) judgeOrder(p *part, r seen, last map[string]int) {
	name, number, ok := strings.Cut(r.value, "/")
	if !ok || !strings.HasSuffix(name, "idempotent") {
		return
	}
	n := 0
	if _, err := fmt.Sscan(number, &n); err != nil {
		c.w.fail("foreign: %v offset %d holds %q", p, r.offset, r.value)
		return
	}
	if before, ok := last[name]; ok && n != before+1 {
		c.w.fail("idempotence: %v offset %d holds record %d of %s after record %d", p, r.offset, n, name, before)
	}
	last[name] = n
}

// judgeKeys compares the newest record of each key with the possible newest values.
func (c *auditor) judgeKeys(s *scan) {
	got := map[string]string{}
	for _, r := range s.records {
		if r.null {
			r.value = ""
		}
		got[r.key] = r.value
	}
	for i := range keys {
		key := fmt.Sprint("key", i)
		st := s.p.latest[key]
		if st == nil || st.touched >= s.began {
			continue
		}
		v, there := got[key]
		ok := !there && st.none
		for _, m := range st.may {
			ok = ok || there && v == m
		}
		if !ok {
			c.w.fail("compaction: %v holds %q (present %t) for %s; may be %q, absent %t", s.p, v, there, key, st.may, st.none)
		}
	}
}
