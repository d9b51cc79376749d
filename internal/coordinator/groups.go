package coordinator

import (
	"log/slog"
	"sync"
	"time"

	"github.com/gregorhq/gregor/internal/group"
	"github.com/gregorhq/gregor/internal/host"
	"github.com/gregorhq/gregor/internal/java"
	"github.com/gregorhq/gregor/internal/protocol"
	"github.com/gregorhq/gregor/internal/shard"
	"github.com/gregorhq/gregor/record"
)

// GroupsOptions of the group coordinator. Codec, LingerMs and Logger may be nil.
type GroupsOptions struct {
	Log PartitionLog
	// Partitions is the partition count of __consumer_offsets; 0 while it does not
	// exist (then offsets.topic.num.partitions is not asked for, nothing is owned).
	Partitions     func() int32
	Config         func() group.Config
	Host           host.Host
	WriteTimeoutMs func() int64 // offsets.commit.timeout.ms
	Codec          func() record.Codec
	LingerMs       func() int64 // group.coordinator.append.linger.ms
	Logger         *slog.Logger
	// Loaded is called when a partition has been loaded.
	Loaded func(took time.Duration)
}

// Groups is the group coordinator of one broker. Its methods return at once; done
// is called exactly once, then or later, on any goroutine. Requests must stay
// valid until then.
type Groups struct {
	opts GroupsOptions
	rt   *Runtime[*group.Shard]

	mu     sync.Mutex
	counts map[int32]group.Counts
}

// NewGroups makes a coordinator that owns no partition yet.
func NewGroups(o GroupsOptions) *Groups {
	g := &Groups{opts: o, counts: map[int32]group.Counts{}}
	g.rt = New(Options[*group.Shard]{
		Topic: "__consumer_offsets", Log: o.Log, New: g.newShard, Host: o.Host,
		WriteTimeoutMs: o.WriteTimeoutMs, Codec: o.Codec, LingerMs: o.LingerMs, Logger: o.Logger, AfterStep: g.publish,
		Stopped: g.unpublish, Loaded: o.Loaded,
	})
	return g
}

// newShard makes the core of a partition; what its records may measure is asked of the log.
func (g *Groups) newShard(partition int32) *group.Shard {
	return group.New(func() group.Config {
		c := g.opts.Config()
		c.MaxRecordBytes = MaxRecordBytes(g.opts.Log, partition)
		return c
	})
}

// Close ends the coordinator after Shutdown.
func (g *Groups) Close() { g.rt.Close() }

// Runtime is the engine underneath, for drivers other than Run.
func (g *Groups) Runtime() *Runtime[*group.Shard] { return g.rt }

// Load and Unload follow the leadership of __consumer_offsets partitions.
func (g *Groups) Load(partition, leaderEpoch int32) { g.rt.Load(partition, leaderEpoch) }

// Unload ends the coordinator of a partition; -1 as epoch always does.
func (g *Groups) Unload(partition, leaderEpoch int32) { g.rt.Unload(partition, leaderEpoch) }

// Shutdown answers everything parked with NOT_COORDINATOR and refuses what comes.
func (g *Groups) Shutdown() { g.rt.UnloadAll() }

// PartitionFor returns the partition of __consumer_offsets that a group belongs to: Java's
// String.hashCode without its sign bit. It returns -1 when the topic does not exist.
func (g *Groups) PartitionFor(groupID string) int32 {
	n := g.opts.Partitions()
	if n <= 0 {
		return -1
	}
	return (java.HashCode(groupID) & 0x7fffffff) % n
}

// waiter delivers answers of type T.
type waiter[T any] struct {
	done func(*T)
	fail func(protocol.Error) *T
}

func (w *waiter[T]) Reply(r any)             { w.done(r.(*T)) }
func (w *waiter[T]) Fail(err protocol.Error) { w.done(w.fail(err)) }

// submit runs a command of one group.
func (g *Groups) submit(groupID string, to shard.Waiter, decide func(*group.Shard, shard.Env) shard.Outcome) {
	g.rt.Submit(g.PartitionFor(groupID), Command[*group.Shard]{Decide: decide, To: to})
}

// publish keeps the counts of each partition for telemetry.
func (g *Groups) publish(partition int32, s *group.Shard) {
	c := s.Counts()
	g.mu.Lock()
	g.counts[partition] = c
	g.mu.Unlock()
}

func (g *Groups) unpublish(partition int32) {
	g.mu.Lock()
	delete(g.counts, partition)
	g.mu.Unlock()
}

// Counts sums up all partitions, for telemetry.
func (g *Groups) Counts() group.Counts {
	g.mu.Lock()
	defer g.mu.Unlock()
	var sum group.Counts
	for _, c := range g.counts {
		sum.Add(c)
	}
	return sum
}
