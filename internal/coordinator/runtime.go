package coordinator

import (
	"log/slog"
	"maps"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gregorhq/gregor/internal/host"
	"github.com/gregorhq/gregor/internal/protocol"
	"github.com/gregorhq/gregor/internal/shard"
	"github.com/gregorhq/gregor/internal/telemetry"
	"github.com/gregorhq/gregor/record"
)

// Options of a runtime. Codec, LingerMs, Logger and the callbacks may be nil.
type Options[S shard.Core] struct {
	// Topic is the name of the topic, for log lines.
	Topic string
	Log   PartitionLog
	// Partitions returns the number of partitions of the topic, 0 while it does not exist.
	Partitions func() int32
	// Partition returns the partition that a key belongs to. Nil means HashPartition.
	Partition func(key string, partitions int32) int32
	// New makes the empty core of one partition. maxRecordBytes bounds the records of a command, as
	// shard.SizeOf counts them.
	New  func(maxRecordBytes func() int) S
	Host host.Host
	// WriteTimeoutMs bounds how long an answer waits for a commit (offsets.commit.timeout.ms).
	// After it the answer is COORDINATOR_NOT_AVAILABLE.
	WriteTimeoutMs func() int64
	// Codec compresses the batches that are written (offsets.topic.compression.codec).
	Codec func() record.Codec
	// LingerMs > 0 makes an idle partition wait that long for more commands before it appends.
	// Without it, commands collect only while an append is in flight.
	LingerMs func() int64
	Logger   *slog.Logger
	// AfterStep is called when the core may have changed, to publish counts.
	AfterStep func(partition int32, core S)
	// Stopped is called when an active partition is unloaded.
	Stopped func(partition int32)
	// Loaded is called when a partition has been loaded.
	Loaded func(took time.Duration)
}

// Runtime runs one kind of coordinator for the partitions of one topic.
type Runtime[S shard.Core] struct {
	opts Options[S]
	// group runs loads and the rest of long rounds of events.
	group *host.Group
	// timers is the loop that fires due timers.
	timers *host.Loop
	// sleepUntil is the deadline that timers sleeps for, 0 for none. An earlier deadline wakes it.
	sleepUntil atomic.Int64
	notes      *telemetry.Limiter

	mu         sync.RWMutex
	partitions map[int32]*partition[S]
	loads      []load[S] // waiting
	loaders    int       // loads that run
	closed     bool
}

// Command is one request to a core.
type Command[S shard.Core] struct {
	// Decide runs with exclusive access to the core.
	Decide func(core S, env shard.Env) shard.Outcome
	// To receives the error when the command cannot run. It is nil when no answer is expected.
	To shard.Waiter
	// Key is the key whose state the command uses, "" for the state of the whole core.
	Key string
	// Reads says that the command adds no records.
	Reads bool
}

// New makes a runtime without partitions.
func New[S shard.Core](opts Options[S]) *Runtime[S] {
	if opts.Logger == nil {
		opts.Logger = slog.New(slog.DiscardHandler)
	}
	if opts.Partition == nil {
		opts.Partition = HashPartition
	}
	if opts.Codec == nil {
		opts.Codec = func() record.Codec { return record.None }
	}
	if opts.LingerMs == nil {
		opts.LingerMs = func() int64 { return 0 }
	}
	r := &Runtime[S]{opts: opts, group: host.NewGroup(opts.Host), partitions: map[int32]*partition[S]{}, notes: telemetry.NewLimiter(noteEvery)}
	r.timers = host.NewLoop(opts.Host, r.fire)
	return r
}

// noteEvery bounds the log lines about one subject: one line of each text in this time.
const noteEvery = time.Second

// Load makes this node the coordinator of a partition that it leads since leaderEpoch. It returns
// at once. Until the log is replayed, commands are answered COORDINATOR_LOAD_IN_PROGRESS.
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

// Unload ends the coordinator of a partition. Waiting requests are answered NOT_COORDINATOR. A
// leaderEpoch older than the partition's is ignored; -1 always unloads.
func (r *Runtime[S]) Unload(partitionID, leaderEpoch int32) {
	if p := r.partition(partitionID); p != nil {
		p.post(func() { p.unload(leaderEpoch) })
	}
}

// UnloadAll unloads all partitions.
func (r *Runtime[S]) UnloadAll() {
	for _, id := range r.Partitions() {
		r.Unload(id, -1)
	}
}

// Close ends the runtime after UnloadAll: no timer fires any more, and the log is not read any more
// when Close returns.
func (r *Runtime[S]) Close() {
	r.mu.Lock()
	r.closed, r.loads = true, nil
	r.mu.Unlock()
	r.timers.Close()
	r.group.Wait()
}

// Run runs a command on the partition's core, on this goroutine when the partition is idle. c.To
// receives NOT_COORDINATOR or COORDINATOR_LOAD_IN_PROGRESS when the partition is not active, and
// COORDINATOR_NOT_AVAILABLE when the command may write and the log refuses records.
func (r *Runtime[S]) Run(partitionID int32, c Command[S]) {
	p := r.partition(partitionID)
	if p == nil {
		if c.To != nil {
			c.To.Fail(protocol.ErrNotCoordinator)
		}
		return
	}
	p.post(func() { p.submit(c) })
}

// States counts the partitions of this node by state. A failed partition is led by this node and
// has no coordinator, because its log could not be loaded.
type States struct{ Active, Loading, Failed int }

// States returns the states after the last events.
func (r *Runtime[S]) States() (s States) {
	r.mu.RLock()
	defer r.mu.RUnlock()
	for _, p := range r.partitions { // any order
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

// Partitions returns the partitions that were ever loaded here, in order.
func (r *Runtime[S]) Partitions() []int32 {
	r.mu.RLock()
	defer r.mu.RUnlock()
	return slices.Sorted(maps.Keys(r.partitions))
}

func (r *Runtime[S]) partition(id int32) *partition[S] {
	r.mu.RLock()
	defer r.mu.RUnlock()
	return r.partitions[id]
}

// elapsed is the host's elapsed time in milliseconds. It is 1 or more, and the wall clock does not
// move it.
func (r *Runtime[S]) elapsed() int64 { return host.ElapsedMillis(r.opts.Host) }

// fire is the step of the timer loop.
func (r *Runtime[S]) fire() time.Duration {
	for {
		now := r.elapsed()
		r.tick(now)
		next := r.nextDeadline()
		r.sleepUntil.Store(next)
		// A deadline that moved before the Store did not wake the loop.
		if again := r.nextDeadline(); again != next {
			continue
		}
		if next == 0 {
			return host.Forever
		}
		return time.Duration(max(next-now, 1)) * time.Millisecond
	}
}

// tick fires the timers that are due at now, in elapsed time.
func (r *Runtime[S]) tick(now int64) {
	for _, id := range r.Partitions() {
		p := r.partition(id)
		if at := p.next.Load(); at != 0 && at <= now {
			p.post(func() { p.tick(now) })
		}
	}
}

func (r *Runtime[S]) nextDeadline() int64 {
	r.mu.RLock()
	defer r.mu.RUnlock()
	var next int64
	for _, p := range r.partitions { // any order
		next = earlier(next, p.next.Load())
	}
	return next
}

// deadlineMoved wakes the timer loop when it would sleep for longer than until at.
func (r *Runtime[S]) deadlineMoved(at int64) {
	if s := r.sleepUntil.Load(); at != 0 && (s == 0 || at < s) {
		r.timers.Wake()
	}
}
