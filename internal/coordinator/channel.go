package coordinator

import (
	"sync"

	"github.com/gregorhq/gregor/internal/java"
	"github.com/gregorhq/gregor/internal/protocol"
	"github.com/gregorhq/gregor/internal/shard"
)

// HashPartition is the partitioner of all of Kafka's coordinators (GroupCoordinatorService,
// TransactionStateManager): the absolute value of String.hashCode, modulo the number of partitions.
// Kafka's producers use another function, which clears the sign bit.
func HashPartition(key string, partitions int32) int32 {
	return java.Abs(java.HashCode(key)) % partitions
}

// PartitionFor returns the partition that a key belongs to, or -1 while the topic does not exist.
func (r *Runtime[S]) PartitionFor(key string) int32 {
	n := r.opts.Partitions()
	if n <= 0 {
		return -1
	}
	return r.opts.Partition(key, n)
}

// Submit implements shard.Channel.
func (r *Runtime[S]) Submit(key string, reads bool, to shard.Waiter, decide func(S, shard.Env) shard.Outcome) {
	r.Run(r.PartitionFor(key), Command[S]{Key: key, Reads: reads, Decide: decide, To: to})
}

// Gather implements shard.Channel.
func (r *Runtime[S]) Gather(read func(core S, committed map[string]shard.Listing) any, done func(parts []any, err protocol.Error)) {
	ids := r.Partitions()
	g := &gathering{left: len(ids) + 1, parts: make([]any, len(ids)), done: done}
	for i, id := range ids {
		p := r.partition(id)
		p.post(func() { p.list(&gatheredPart{g: g, index: i}, read) })
	}
	g.end(protocol.ErrNone)
}

// gathering collects the results of all partitions.
type gathering struct {
	mu sync.Mutex
	// left counts the partitions without a result, and 1 until all partitions have their command.
	left  int
	parts []any
	err   protocol.Error
	done  func([]any, protocol.Error)
}

func (g *gathering) end(err protocol.Error) {
	g.mu.Lock()
	if err != protocol.ErrNone {
		g.err = err
	}
	g.left--
	last := g.left == 0
	g.mu.Unlock()
	if !last {
		return
	}
	parts := g.parts[:0]
	for _, p := range g.parts {
		if p != nil {
			parts = append(parts, p)
		}
	}
	g.done(parts, g.err)
}

// gatheredPart receives the result of one partition.
type gatheredPart struct {
	g     *gathering
	index int
}

func (p *gatheredPart) Reply(r any) {
	p.g.parts[p.index] = r
	p.g.end(protocol.ErrNone)
}

func (p *gatheredPart) Fail(err protocol.Error) {
	if err == protocol.ErrNotCoordinator {
		err = protocol.ErrNone // another node is its coordinator
	}
	p.g.end(err)
}

// TopicsDeleted drops the state about deleted topics in every partition. As in Kafka, a partition
// that loads or whose log refuses records keeps it: a later clean-up could hit a new topic of the
// same name.
func (r *Runtime[S]) TopicsDeleted(names []string) {
	topics := map[string]bool{}
	for _, n := range names {
		topics[n] = true
	}
	for _, id := range r.Partitions() {
		r.Run(id, Command[S]{To: &cleanup{r.noCleanup(names, id)}, Decide: func(core S, _ shard.Env) shard.Outcome {
			if f, ok := any(core).(shard.TopicFollower); ok {
				return f.TopicsDeleted(topics)
			}
			return shard.Outcome{}
		}})
	}
}

// cleanup logs that a partition cannot remove the state about deleted topics. Nothing else waits
// for the clean-up.
type cleanup struct{ refused func(protocol.Error) }

func (c *cleanup) Reply(any)               {}
func (c *cleanup) Fail(err protocol.Error) { c.refused(err) }

// noCleanup returns the function that logs a refused clean-up, one line for many partitions.
func (r *Runtime[S]) noCleanup(names []string, id int32) func(protocol.Error) {
	return func(err protocol.Error) {
		if err == protocol.ErrNotCoordinator {
			return // another node is its coordinator
		}
		if ok, suppressed := r.notes.Allow("clean-up", r.opts.Host.Now()); ok {
			r.opts.Logger.Warn("the state about deleted topics stays in a coordinator partition", "topic", r.opts.Topic, "partition", id,
				"deleted", names, "error", err.Name(), "suppressed", suppressed)
		}
	}
}
