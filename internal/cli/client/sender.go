package client

import (
	"cmp"
	"context"
	"strconv"
	"sync"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/gregorhq/gregor/internal/cli/tool"
)

// Sender writes the records of one topic in batches as Java's producer does: a batch ends at
// batch.size, a larger record is a batch of its own up to max.request.size, and a batch that is too
// large for the topic is split and sent again.
//
// The limit of a batch is also that of the topic, where the cluster tells it. So a batch is refused
// only if max.message.bytes is lowered meanwhile, or its value may not be read. Records that are
// handed over in the instant of the refusal keep their place behind the refused ones, see entry.
//
// The library has one limit per client: it bounds batches, and refuses larger records. So there is
// a client per limit: batch.size for most records, and powers of two above it for larger ones, so
// that no two of them fit into a batch. A client takes records only after the one before has the
// answers to all of its own.
type Sender struct {
	*Client
	// most is the largest limit: max.request.size.
	most int
	// whole means that the producer is transactional.
	whole bool
	// bounds are the sizes above which a record is refused, as by Java's producer.
	bounds bounds

	// mu is held while records are handed over or sent again.
	mu sync.Mutex
	// limit bounds a batch of several records. It starts as batch.size, or as the topic's limit,
	// and is halved when the topic refuses a batch.
	limit   int
	current *lane
	// allowed is the topic's max.message.bytes; 0 while it is unknown.
	allowed int
	taken   int64 // number of records

	lanesMu sync.Mutex
	lanes   map[int]*lane
	closed  bool
}

const (
	defaultBatch   = 16 << 10
	defaultRequest = 1 << 20
	defaultMemory  = 32 << 20
	// leastLimit is the library's least limit of a batch.
	leastLimit = 512
)

// NewSender makes a producer. A transactional one has a single client, because a transaction cannot
// span clients: its batches end at max.request.size, and are not split.
func NewSender(e *tool.Env, o Options) (*Sender, error) {
	s := &Sender{most: max(leastLimit, int(o.Props.number("max.request.size", defaultRequest))), bounds: boundsOf(o.Props), lanes: map[int]*lane{}}
	s.limit = min(s.most, max(leastLimit, int(o.Props.number("batch.size", defaultBatch))))
	if s.whole = o.Props["transactional.id"] != ""; s.whole {
		s.limit = s.most
	}
	first := &lane{limit: s.limit, whole: s.whole, wake: s.wake}
	log := newConnectLog(e, producer, cmp.Or(o.Props["client.id"], o.ClientID), "")
	o.Extra = append(first.opts(log), o.Extra...)
	var err error
	if s.Client, err = newProducer(e, o); err != nil {
		return nil, err
	}
	first.cl = s.Client.Client
	s.lanes[first.limit] = first
	return s, nil
}

// Produce hands a record over. done is called with its result, maybe before Produce returns. It
// must not call the Sender.
func (s *Sender) Produce(ctx context.Context, rec *kgo.Record, done func(*kgo.Record, error)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.bounds.check(rec); err != nil {
		done(rec, err)
		return
	}
	if s.taken++; s.taken == 1 && !s.whole {
		s.learn(ctx, rec.Topic)
	}
	s.put(ctx, try{number: s.taken, ctx: ctx, rec: rec, done: done})
}

// ProduceSync is Produce for one record; it returns the result.
func (s *Sender) ProduceSync(ctx context.Context, rec *kgo.Record) error {
	result := make(chan error, 1)
	s.Produce(ctx, rec, func(_ *kgo.Record, err error) { result <- err })
	return <-result
}

// Flush waits for the results of all records.
func (s *Sender) Flush(ctx context.Context) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.settle(ctx)
}

// Unacknowledged returns the number of records without a result.
func (s *Sender) Unacknowledged() (n int64) {
	for _, l := range s.all() {
		n += l.unacknowledged()
	}
	return n
}

// Close ends all clients. Records without a result fail.
func (s *Sender) Close() {
	s.lanesMu.Lock()
	s.closed = true
	s.lanesMu.Unlock()
	lanes := s.all()
	for _, l := range lanes {
		l.cl.Close()
	}
	for _, l := range lanes {
		again, _ := l.take()
		for _, t := range again {
			t.done(t.rec, kgo.ErrClientClosed)
		}
	}
}

func (s *Sender) all() (lanes []*lane) {
	s.lanesMu.Lock()
	defer s.lanesMu.Unlock()
	for _, l := range s.lanes {
		lanes = append(lanes, l)
	}
	return lanes
}

// learnTime bounds how long the first record waits for the topic's limit.
const learnTime = 2 * time.Second

// learn lowers the limit to the topic's max.message.bytes.
func (s *Sender) learn(ctx context.Context, topic string) {
	ctx, cancel := context.WithTimeout(ctx, learnTime)
	defer cancel()
	configs, err := DescribeConfigs(ctx, s.Client, kmsg.ConfigResourceTypeTopic, topic, "max.message.bytes")
	if err != nil || len(configs) != 1 || configs[0].Value == nil {
		return
	}
	if n, err := strconv.Atoi(*configs[0].Value); err == nil {
		s.allowed, s.limit = n, max(leastLimit, min(s.limit, n))
	}
}

// put hands a record to the client of its size. s.mu is held.
func (s *Sender) put(ctx context.Context, t try) {
	l, err := s.lane(t.rec)
	if err == nil && s.current != nil && (l != s.current || l.refused.Load()) {
		if err = s.settle(ctx); err == nil {
			l, err = s.lane(t.rec) // the limit may have changed
		}
	}
	if err != nil {
		t.done(t.rec, err)
		return
	}
	s.current = l
	l.produce(t)
}

// settle waits for the results of all records and sends those again that the topic refused together
// with others. s.mu is held.
func (s *Sender) settle(ctx context.Context) error {
	for s.current != nil {
		l := s.current
		if err := l.flush(ctx); err != nil {
			return err
		}
		again, gone := l.take()
		if len(again) == 0 {
			return nil
		}
		if gone {
			l.forget(again)
			for _, t := range again {
				s.put(ctx, t)
			}
			continue
		}
		if l.limit > s.limit || s.limit == leastLimit {
			if err := s.alone(ctx, again); err != nil {
				return err
			}
			continue
		}
		s.limit = max(leastLimit, s.limit/2)
		for _, t := range again {
			s.put(ctx, t)
		}
	}
	return nil
}

// alone sends records one at a time, so that each has a result of its own. The library gives all
// records of a partition the result of the first one that is refused.
func (s *Sender) alone(ctx context.Context, again []try) error {
	for i, t := range again {
		l, err := s.lane(t.rec)
		if err == nil {
			var result error
			if result, err = l.one(ctx, t); err == nil {
				l.refused.Store(false)
				t.done(t.rec, result)
				continue
			}
		}
		for _, t := range again[i:] {
			t.done(t.rec, err)
		}
		return err
	}
	return nil
}

// lane returns the client for a record.
func (s *Sender) lane(rec *kgo.Record) (*lane, error) {
	limit, size := s.limit, sizeOf(rec)
	for limit < size && limit < s.most {
		limit = min(2*limit, s.most)
	}
	if size <= s.allowed {
		limit = max(leastLimit, min(limit, s.allowed)) // apart from larger ones, which are refused
	}
	s.lanesMu.Lock()
	defer s.lanesMu.Unlock()
	if l := s.lanes[limit]; l != nil {
		return l, nil
	}
	if s.closed {
		return nil, kgo.ErrClientClosed
	}
	l := &lane{limit: limit, wake: s.wake}
	if err := l.open(s.Client.Client); err != nil {
		return nil, err
	}
	s.lanes[limit] = l
	return l, nil
}

// wake sends refused records again although no other record follows.
func (s *Sender) wake(ctx context.Context) {
	go func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		_ = s.settle(ctx) // the next call of the Sender has the same error
	}()
}
