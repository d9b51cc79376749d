package quorum

import (
	"errors"
	"log/slog"
	"math"
	"slices"
	"time"

	"github.com/gregorhq/gregor/internal/controller"
	"github.com/gregorhq/gregor/internal/host"
	"github.com/gregorhq/gregor/internal/kraft"
	"github.com/gregorhq/gregor/internal/metadata"
	"github.com/gregorhq/gregor/internal/protocol"
	"github.com/gregorhq/gregor/record"
	"github.com/gregorhq/gregor/vfs"
)

// engine holds the core of the quorum, the metadata log and the controller core. One loop runs
// it. It never waits; all its work happens inside step and tick.
type engine struct {
	c    *Controller
	o    Options
	set  settings
	log  *slog.Logger
	core *controller.Core
	host host.Host
	rand random
	fs   vfs.FS
	dir  string // of the metadata log
	// now and elapsed are the host's clocks at the last readClock. awake is the part of elapsed in
	// which the engine could receive requests.
	now            time.Time
	elapsed, awake time.Duration
	// nextTick is the time (elapsed) of the next tick. begun: begin was called.
	nextTick time.Duration
	begun    bool

	node  *kraft.Node
	store *metaLog
	saved quorumState // what quorum-state holds
	// savedFound and savedErr are the outcome of reading quorum-state at the start.
	savedFound bool
	savedErr   error
	// first are the voters by the bootstrap checkpoint, or by the configuration.
	first voterState
	lead  int32 // -1 when unknown
	term  int32
	// committed is the offset after the last committed record that was applied.
	committed int64

	// effects are what the core wants done, in order. stalled says that the first of them, or the
	// fsync, lacked file descriptors and is tried again. unsynced says that the log has records
	// that are not durable.
	effects           []kraft.Effects
	stalled, unsynced bool
	// proposed are batches for the next Propose.
	proposed []kraft.Batch
	// tail are the appended batches that are not applied yet, in order up to the log end. ahead are
	// batches that were read from the log.
	tail, ahead []record.Batch
	// replies are the requests of other nodes that wait for their answers, by their numbers.
	replies  map[uint64]func(kraft.ResponseBody)
	requests uint64

	// replayed is the image of all committed records. Invariant: replayed.Offset() < committed;
	// control batches, which do not change the image, make the difference.
	replayed *metadata.Image
	// latest is the image for decisions: replayed and all pending changes. It is set only while
	// active.
	latest *metadata.Image
	// pending are the changes proposed by this node that are not committed yet, in order of offset.
	pending []change
	// nextOffset is the offset of the next proposed record. It is valid only while leading.
	nextOffset int64
	// leading: this node leads the quorum. active: it has also replayed the log up to its own
	// LeaderChange at leaderAt, so it answers requests.
	leading, active bool
	leaderAt        int64
	// candidate is the time (elapsed) at which the node became a candidate, 0 when it is none.
	candidate time.Duration
	// waiting are requests that arrived before a leader was known, or while stalled was set.
	waiting []op

	// left are the callbacks of Leave.
	left []func()

	publishers []Publisher
	// subscribing are publishers that wait until the node has caught up.
	subscribing []Publisher
	caughtUp    bool

	snapshots snapshotter
	bootstrap []metadata.Record
	// bootstrapErr says that the bootstrap checkpoint cannot be read.
	bootstrapErr error
	lastWrite    time.Duration
	// failure is the error after which the engine stopped. After a failed write it tries nothing
	// again.
	failure error
}

// change is one proposed decision with the answers that wait for its commit.
type change struct {
	first, last int64 // offsets of its records
	image       *metadata.Image
	delta       *metadata.Delta
	finish      []func(protocol.Error)
	// context describes the request behind the decision, nil when the controller decided by itself.
	context *controller.Request
	// proposed is the time (elapsed) at which the core got the change.
	proposed time.Duration
	// committed are the batches of the change that are committed before its last one.
	committed []record.Batch
}

// random draws random numbers from the host.
type random struct{ host.Random }

// IntN returns a uniform number in [0, n).
func (r random) IntN(n int) int {
	limit := math.MaxUint64 - math.MaxUint64%uint64(n)
	for {
		if v := r.Uint64(); v < limit {
			return int(v % uint64(n))
		}
	}
}

// pauseMax bounds the time between two looks at the clock that counts as awake. It is longer than
// every tick interval; a longer time passes only when the process, the machine or a write stood
// still.
const pauseMax = time.Second

// readClock reads the host's clocks. While a write is stalled, requests wait and their senders have
// no other one under way, so that time does not count as awake.
func (e *engine) readClock() {
	elapsed := e.host.Elapsed()
	if !e.stalled {
		e.awake += min(max(elapsed-e.elapsed, 0), pauseMax)
	}
	e.now, e.elapsed = e.host.Now(), elapsed
}

// step performs ops and everything that follows.
func (e *engine) step(ops []op) {
	e.readClock()
	for i := range ops {
		if ops[i].internal == nil {
			e.c.stats.Requests.Add(1)
		}
		e.perform(&ops[i])
	}
	e.ready()
}

// tickInterval is the longest time between ticks in a cluster of several nodes.
const tickInterval = 100 * time.Millisecond

// aloneInterval is tickInterval on the only node of a cluster: it has no voter to elect and no
// broker to fence, so that an idle machine rarely wakes.
const aloneInterval = 500 * time.Millisecond

// interval returns the time until the next tick.
func (e *engine) interval() time.Duration {
	if e.active && !e.followed() {
		return aloneInterval
	}
	return tickInterval
}

// tick performs the work that the passing of time causes. It is called after all input that has
// arrived.
func (e *engine) tick() {
	e.readClock()
	if e.failure != nil {
		return
	}
	e.feed(kraft.Tick{})
	e.ready()
	e.expire()
	if e.active && !e.stalled {
		e.tickActive()
	}
	e.snapshots.tick(e)
	e.ready()
}

// tickActive lets the core fence brokers and elect leaders. It writes a NoOpRecord when nothing
// else was written for a while: other nodes measure their metadata lag by the high watermark.
// Without other nodes it writes none (KIP-835).
func (e *engine) tickActive() {
	for {
		records := e.core.Tick(e.env())
		e.c.stats.noteFenced(records)
		if len(records) == 0 || !e.propose(records, nil) {
			break
		}
	}
	if e.set.idleInterval > 0 && e.elapsed-e.lastWrite >= e.set.idleInterval && e.followed() {
		e.propose([]metadata.Record{noOp()}, nil)
	}
}

func (e *engine) followed() bool {
	if len(e.node.Status().Voters) > 1 {
		return true
	}
	for b := range e.latest.Brokers() {
		if b.ID != e.o.NodeID {
			return true
		}
	}
	return false
}

// voters returns the voters in force.
func (e *engine) voters() voterState {
	s := e.node.Status()
	return voterState{KRaftVersion: s.Version, Voters: votersOf(s.Voters)}
}

// changeRole follows the core's change of the leader or the epoch.
func (e *engine) changeRole() {
	s := e.node.Status()
	if s.Leader.ID != e.lead || s.Leader.Epoch != e.term {
		if s.Leader.ID >= 0 {
			e.c.stats.Leaders.Add(1)
			e.log.Info("the metadata quorum has a leader", "leader", s.Leader.ID, "epoch", s.Leader.Epoch)
		}
	}
	e.noteElection(s.Role)
	leads := s.Role == kraft.Leading
	if e.leading && (!leads || s.Leader.Epoch != e.term) {
		e.leading = false
		e.resign()
	}
	e.lead, e.term = s.Leader.ID, s.Leader.Epoch
	if leads {
		e.leading, e.leaderAt = true, s.EpochStart
	}
}

// noteElection measures the time from candidacy to leadership.
func (e *engine) noteElection(role kraft.Role) {
	switch {
	case role == kraft.Candidate || role == kraft.Prospective:
		if e.candidate == 0 {
			e.candidate = e.host.Elapsed()
		}
	case role == kraft.Leading && e.candidate != 0:
		e.c.stats.Elections.Observe(e.host.Now(), e.host.Elapsed()-e.candidate)
		fallthrough
	default:
		e.candidate = 0
	}
}

// resign drops all changes that are proposed and not committed. Another leader may keep them; then
// they come back through the log.
func (e *engine) resign() {
	pending := e.pending
	e.active, e.latest, e.pending, e.proposed = false, nil, nil, nil
	if len(pending) > 0 {
		for _, batch := range pending[0].committed {
			e.replayCommitted(batch)
		}
	}
	for _, ch := range pending {
		for _, finish := range ch.finish {
			finish(protocol.ErrNotController)
		}
	}
	e.failWaiting()
}

func (e *engine) failWaiting() {
	waiting := e.waiting
	e.waiting = nil
	for _, o := range waiting {
		o.command.Finish(protocol.ErrNotController)
	}
}

// fail stops the engine: the metadata log may lose records that it has acknowledged.
func (e *engine) fail(err error) {
	if e.failure != nil {
		return
	}
	e.failure = errors.Join(errStopped, err)
	e.log.Error("the metadata log failed; this node stops taking part in the quorum", "error", err)
	e.leading, e.lead = false, -1
	e.resign()
	e.dismiss()
	e.report()
	if e.o.OnFailure != nil {
		e.o.OnFailure(err)
	}
}

var errStopped = errors.New("quorum: stopped")

// report publishes the status if it has changed.
func (e *engine) report() {
	v := e.voters()
	s := Status{LeaderID: e.lead, LeaderEndpoints: e.node.Status().Leader.Endpoints, Epoch: e.term, Active: e.active, HighWatermark: e.committed,
		LogStartOffset: e.store.log.LogStartOffset(), LogEndOffset: e.store.log.LogEndOffset(), Voters: v.Voters, KRaftVersion: v.KRaftVersion}
	e.c.stats.Vote.Store(e.saved.VotedID)
	old := e.c.status.Load()
	if old != nil && old.LeaderID == s.LeaderID && old.Epoch == s.Epoch && old.Active == s.Active &&
		old.HighWatermark == s.HighWatermark && old.LogStartOffset == s.LogStartOffset && old.LogEndOffset == s.LogEndOffset && old.KRaftVersion == s.KRaftVersion &&
		slices.Equal(old.LeaderEndpoints, s.LeaderEndpoints) {
		return
	}
	e.c.status.Store(&s)
	if s.Active && (old == nil || !old.Active) && e.o.OnActive != nil {
		e.o.OnActive()
	}
}
