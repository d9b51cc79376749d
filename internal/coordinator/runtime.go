package coordinator

import (
	"log/slog"
	"sync"
	"sync/atomic"

	"github.com/gregorhq/gregor/internal/protocol"
	"github.com/gregorhq/gregor/internal/shard"
	"github.com/gregorhq/gregor/record"
)

// Options of a runtime. Codec, LingerMs, Logger, AfterStep and Stopped may be nil.
type Options[S shard.Core] struct {
	Topic string // for log lines
	Log   PartitionLog
	// New makes the empty core of one partition.
	New func(partition int32) S
	// Now is the clock, in milliseconds since the epoch.
	Now func() int64
	// Elapsed is milliseconds, from 1 on, of a clock that is never set; deadlines are kept by it, so that setting Now's clock
	// neither ends a session nor makes one last. Nil means Now.
	Elapsed func() int64
	// WriteTimeoutMs bounds how long an answer waits for its records to be
	// committed (offsets.commit.timeout.ms); later it is COORDINATOR_NOT_AVAILABLE.
	WriteTimeoutMs func() int64
	// Codec of the batches written (offsets.topic.compression.codec).
	Codec func() record.Codec
	// LingerMs > 0 lets an idle partition wait that long for more commands before
	// it appends. By default it does not wait: appends in flight collect enough.
	LingerMs func() int64
	Logger   *slog.Logger
	// AfterStep is called with exclusive access to the core whenever it may have
	// changed, to publish counts.
	AfterStep func(partition int32, core S)
	// Stopped is called when a partition that was active is no more.
	Stopped func(partition int32)
	// Loaded is told how long loading a partition took, until it was active.
	Loaded func(tookMs int64)
}

// Runtime carries one kind of coordinator over the partitions of one topic.
type Runtime[S shard.Core] struct {
	opts Options[S]

	mu         sync.RWMutex
	partitions map[int32]*partition[S]
	loads      []load[S] // wanted, not begun

	// sleepUntil is what the driver sleeps for; a partition that gets an earlier
	// deadline wakes it.
	sleepUntil atomic.Int64
	wakeTimer  chan struct{}
	wakeLoader chan struct{}
}

// Command is one request to a core.
type Command[S shard.Core] struct {
	// Decide runs with exclusive access to the core.
	Decide func(core S, now int64) shard.Outcome
	// To is told when the command cannot run. Nil when nobody waits.
	To shard.Waiter
	// Barrier: Decide must see all that was decided before as committed.
	Barrier bool
}

// New makes a runtime without partitions. Run drives it.
func New[S shard.Core](opts Options[S]) *Runtime[S] {
	if opts.Logger == nil {
		opts.Logger = slog.New(slog.DiscardHandler)
	}
	if opts.Codec == nil {
		opts.Codec = func() record.Codec { return record.None }
	}
	if opts.Elapsed == nil {
		opts.Elapsed = opts.Now
	}
	if opts.LingerMs == nil {
		opts.LingerMs = func() int64 { return 0 }
	}
	return &Runtime[S]{
		opts: opts, partitions: map[int32]*partition[S]{},
		wakeTimer: make(chan struct{}, 1), wakeLoader: make(chan struct{}, 1),
	}
}

// Load makes this node the coordinator of a partition that it leads since
// leaderEpoch. It returns at once; until the log is replayed commands are
// answered COORDINATOR_LOAD_IN_PROGRESS.
func (r *Runtime[S]) Load(partitionID, leaderEpoch int32) {
	r.mu.Lock()
	p := r.partitions[partitionID]
	if p == nil {
		p = newPartition(r, partitionID)
		r.partitions[partitionID] = p
	}
	r.mu.Unlock()
	p.post(func() { p.startLoading(leaderEpoch) })
}

// Unload ends it: parked requests are answered NOT_COORDINATOR. It is ignored
// when leaderEpoch is older than the partition's; -1 always unloads.
func (r *Runtime[S]) Unload(partitionID, leaderEpoch int32) {
	if p := r.partition(partitionID); p != nil {
		p.post(func() { p.unload(leaderEpoch) })
	}
}

// UnloadAll ends all, for shutdown.
func (r *Runtime[S]) UnloadAll() {
	for _, id := range r.Partitions() {
		r.Unload(id, -1)
	}
}

// Submit runs a command on the partition's core, on this goroutine when the
// partition is idle. c.To is told NOT_COORDINATOR or COORDINATOR_LOAD_IN_PROGRESS
// when the partition is not active.
func (r *Runtime[S]) Submit(partitionID int32, c Command[S]) {
	p := r.partition(partitionID)
	if p == nil {
		fail(c.To, protocol.ErrNotCoordinator)
		return
	}
	p.post(func() { p.submit(c) })
}

// Standing is how many partitions are in which state. A partition that could not be loaded is owned by this node and not
// coordinated by anybody.
type Standing struct{ Active, Loading, Failed int }

// Standing counts the partitions, as of their last steps.
func (r *Runtime[S]) Standing() (s Standing) {
	r.mu.RLock()
	defer r.mu.RUnlock()
	for _, p := range r.partitions {
		switch state(p.shown.Load()) {
		case stateActive:
			s.Active++
		case stateLoading:
			s.Loading++
		case stateFailed:
			s.Failed++
		}
	}
	return s
}

// Partitions lists the partitions that were ever loaded here, in no order.
func (r *Runtime[S]) Partitions() []int32 {
	r.mu.RLock()
	defer r.mu.RUnlock()
	ids := make([]int32, 0, len(r.partitions))
	for id := range r.partitions {
		ids = append(ids, id)
	}
	return ids
}

func (r *Runtime[S]) partition(id int32) *partition[S] {
	r.mu.RLock()
	defer r.mu.RUnlock()
	return r.partitions[id]
}

// Tick fires what is due at now, by Options.Elapsed, and returns the next deadline, 0 when there is none.
func (r *Runtime[S]) Tick(now int64) int64 {
	r.mu.RLock()
	due := make([]*partition[S], 0, len(r.partitions))
	for _, p := range r.partitions {
		if at := p.next.Load(); at != 0 && at <= now {
			due = append(due, p)
		}
	}
	r.mu.RUnlock()
	for _, p := range due {
		p.post(func() { p.tick(now) })
	}
	return r.nextDeadline()
}

func (r *Runtime[S]) nextDeadline() int64 {
	r.mu.RLock()
	defer r.mu.RUnlock()
	var next int64
	for _, p := range r.partitions {
		if at := p.next.Load(); at != 0 && (next == 0 || at < next) {
			next = at
		}
	}
	return next
}

// deadlineMoved wakes the driver when it would sleep past at.
func (r *Runtime[S]) deadlineMoved(at int64) {
	if s := r.sleepUntil.Load(); at != 0 && (s == 0 || at < s) {
		signal(r.wakeTimer)
	}
}

func signal(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

func fail(to shard.Waiter, err protocol.Error) {
	if to != nil {
		to.Fail(err)
	}
}
