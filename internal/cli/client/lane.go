package client

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
)

// try is a record on its way.
type try struct {
	// number is the place among all records of the Sender.
	number int64
	ctx    context.Context
	rec    *kgo.Record
	done   func(*kgo.Record, error)
	// lost counts the failures because the topic was deleted and created again.
	lost int
}

// lane is a client of a Sender with its limit of a batch.
//
// When a broker refuses a batch, the library fails all records of the partition that it holds, none
// of which is stored: a broker refuses the batches behind a missing one. The lane collects them. It
// takes no further record until the Sender has sent them again, since such a record could be stored
// before them.
type lane struct {
	limit int
	// whole means that no batch is split.
	whole bool
	cl    *kgo.Client
	// wake is called when the first record is collected.
	wake func(context.Context)
	// refused means that a batch was refused as too large. The library sets it, by the log line of
	// the batch, while it still holds the partition's lock.
	refused atomic.Bool

	mu    sync.Mutex
	again []try
	// gone means that records of again failed because the topic was created again.
	gone    bool
	waiting int64 // records that the library holds
	// idle is closed when waiting becomes 0; nil while no flush waits.
	idle chan struct{}
}

// opts are the options of the lane's client; next is the log of its lines.
func (l *lane) opts(next kgo.Logger) []kgo.Opt {
	opts := []kgo.Opt{kgo.ProducerBatchMaxBytes(int32(l.limit))}
	if l.whole {
		return append(opts, kgo.RecordPartitioner(kgo.StickyKeyPartitioner(nil)), kgo.WithLogger(next))
	}
	return append(opts,
		kgo.RecordPartitioner(&gate{kgo.StickyKeyPartitioner(nil), &l.refused}),
		kgo.WithLogger(&refusalLog{next, &l.refused}))
}

// open makes the client, with the options of another lane's.
func (l *lane) open(like *kgo.Client) (err error) {
	log := like.OptValue(kgo.WithLogger).(kgo.Logger)
	if own, ok := log.(*refusalLog); ok {
		log = own.Logger
	}
	l.cl, err = kgo.NewClient(slices.Concat(like.Opts(), l.opts(log))...)
	return err
}

func (l *lane) produce(t try) {
	l.mu.Lock()
	l.waiting++
	l.mu.Unlock()
	l.cl.Produce(t.ctx, t.rec, func(rec *kgo.Record, err error) {
		if !l.collect(t, err) {
			t.done(rec, err)
		}
		l.answered()
	})
}

func (l *lane) answered() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.waiting--; l.waiting == 0 && l.idle != nil {
		close(l.idle)
		l.idle = nil
	}
}

// flush waits for the results of all records. The library's Flush does not wait for the result of a
// record that the library refuses before it buffers it.
func (l *lane) flush(ctx context.Context) error {
	if err := l.cl.Flush(ctx); err != nil {
		return err
	}
	l.mu.Lock()
	if l.waiting == 0 {
		l.mu.Unlock()
		return nil
	}
	if l.idle == nil {
		l.idle = make(chan struct{})
	}
	idle := l.idle
	l.mu.Unlock()
	select {
	case <-idle:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// one sends a record and waits for its result. err is that of the wait.
func (l *lane) one(ctx context.Context, t try) (result, err error) {
	results := make(chan error, 1)
	l.cl.Produce(t.ctx, t.rec, func(_ *kgo.Record, err error) { results <- err })
	if err := l.cl.Flush(ctx); err != nil {
		return nil, err
	}
	select {
	case result = <-results:
		return result, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// collect keeps a record that was refused with others, and reports whether it did.
func (l *lane) collect(t try, err error) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	switch {
	case l.whole || err == nil:
		return false
	case t.rec.Context == held:
		t.rec.Context = nil
	case errors.Is(err, context.Canceled) && t.ctx.Err() == nil: // errLate
		if e, ok := t.rec.Context.(*entry); ok {
			t.rec.Context = e.Context
		}
	case errors.Is(err, kerr.UnknownTopicID) && t.lost < mostLost:
		t.lost++
		l.gone = true
		if e, ok := t.rec.Context.(*entry); ok {
			t.rec.Context = e.Context
		}
	case tooLarge(err):
		t.rec.Context = context.WithValue(t.ctx, pinned{}, true)
	default:
		return false
	}
	l.refused.Store(true)
	if l.again = append(l.again, t); len(l.again) == 1 {
		l.wake(t.ctx)
	}
	return true
}

// take returns the collected records in the order in which they came, and lets further ones in.
//
// The library writes to the first topic of a name only, until it has forgotten the name. gone means
// that it must forget it first, see forget.
func (l *lane) take() (again []try, gone bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	again, gone = l.again, l.gone
	l.again, l.gone = nil, false
	l.refused.Store(false)
	slices.SortFunc(again, func(a, b try) int { return cmp.Compare(a.number, b.number) })
	return again, gone
}

// forget lets the client look up the topics of records again. Only the lane whose records met an
// old topic id may do so. Its sequence numbers begin at 0 again, and in a topic that it has written
// to already the broker would take the next records for duplicates.
func (l *lane) forget(again []try) {
	topics := map[string]bool{}
	for _, t := range again {
		topics[t.rec.Topic] = true
	}
	l.cl.PurgeTopicsFromProducing(slices.Sorted(maps.Keys(topics))...)
}

func (l *lane) unacknowledged() int64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.waiting + int64(len(l.again))
}

// mostLost is how often a record is sent again to a topic that was created again. A broker may not
// know the new topic yet.
const mostLost = 5

// pinned is the key of a context: the record stays in the partition that it has.
type pinned struct{}

// held is the context of a record that came after the refusal of a batch.
var held = context.WithValue(context.Background(), pinned{}, false)

// errLate fails a record that the gate let in just before the refusal of a batch, and that the
// library took just after it. It is not sent.
var errLate = fmt.Errorf("the record came at the same time as the refusal of a batch: %w", context.Canceled)

// entry is the context of a record in the library. The library asks the context of the first record
// of a batch whether it is done before it sends the batch. After a refusal the partition has no
// earlier records left, so a late record is the first one. The first answer stays, because a batch
// that was sent once must not fail.
type entry struct {
	context.Context
	refused *atomic.Bool
	once    sync.Once
	late    bool
}

var closed = func() chan struct{} {
	c := make(chan struct{})
	close(c)
	return c
}()

// Done implements context.Context.
func (e *entry) Done() <-chan struct{} {
	if e.once.Do(func() { e.late = e.refused.Load() }); e.late {
		return closed
	}
	return e.Context.Done()
}

// Err implements context.Context.
func (e *entry) Err() error {
	select {
	case <-e.Done():
		if e.late {
			return errLate
		}
	default:
	}
	return e.Context.Err()
}

// gate is a partitioner that lets no record in after the refusal of a batch. The library asks it
// again for the first record of each new batch, and every record after a refusal is one. An entry
// stops the record that it let in at the same time.
type gate struct {
	kgo.Partitioner
	refused *atomic.Bool
}

// ForTopic implements kgo.Partitioner.
func (g *gate) ForTopic(topic string) kgo.TopicPartitioner {
	return &topicGate{g.Partitioner.ForTopic(topic), g.refused}
}

type topicGate struct {
	kgo.TopicPartitioner
	refused *atomic.Bool
}

// RequiresConsistency implements kgo.TopicPartitioner.
func (g *topicGate) RequiresConsistency(rec *kgo.Record) bool {
	return rec.Context.Value(pinned{}) == true || g.TopicPartitioner.RequiresConsistency(rec)
}

// Partition implements kgo.TopicPartitioner.
func (g *topicGate) Partition(rec *kgo.Record, n int) int {
	if g.refused.Load() {
		rec.Context = held
		return -1 // the library fails the record
	}
	if _, ok := rec.Context.(*entry); !ok {
		rec.Context = &entry{Context: rec.Context, refused: g.refused}
	}
	if rec.Context.Value(pinned{}) == true && int(rec.Partition) < n {
		return int(rec.Partition)
	}
	return g.TopicPartitioner.Partition(rec, n)
}

// OnNewBatch implements kgo.TopicPartitionerOnNewBatch.
func (g *topicGate) OnNewBatch() {
	if inner, ok := g.TopicPartitioner.(kgo.TopicPartitionerOnNewBatch); ok {
		inner.OnNewBatch()
	}
}

// refusalLog watches the library's log lines for batches that are too large.
type refusalLog struct {
	kgo.Logger
	refused *atomic.Bool
}

// Level implements kgo.Logger.
func (l *refusalLog) Level() kgo.LogLevel { return max(kgo.LogLevelInfo, l.Logger.Level()) }

// Log implements kgo.Logger.
func (l *refusalLog) Log(level kgo.LogLevel, msg string, kv ...any) {
	if msg == "batch in a produce request failed" {
		if err, _ := field(kv, "err").(error); tooLarge(err) {
			l.refused.Store(true)
		}
	}
	if level <= l.Logger.Level() {
		l.Logger.Log(level, msg, kv...)
	}
}
