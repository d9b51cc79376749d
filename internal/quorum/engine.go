package quorum

import (
	"errors"
	"log/slog"
	"math"
	"time"

	"go.etcd.io/raft/v3"
	"go.etcd.io/raft/v3/raftpb"

	"github.com/gregorhq/gregor/internal/controller"
	"github.com/gregorhq/gregor/internal/host"
	"github.com/gregorhq/gregor/internal/metadata"
	"github.com/gregorhq/gregor/internal/protocol"
	"github.com/gregorhq/gregor/record"
	"github.com/gregorhq/gregor/vfs"
)

// engine holds the raft node, the metadata log and the controller core. One loop runs it. It never
// waits; all its work happens inside step and tick.
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

	node  *raft.RawNode
	store *metaLog
	saved quorumState // what quorum-state holds
	// savedFound and savedErr are the outcome of reading quorum-state at the start.
	savedFound bool
	savedErr   error
	voters     voterState
	lead       int32 // -1 when unknown
	term       uint64
	// committed is the offset after the last committed record that was applied.
	committed int64

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
	// leading: this node is raft's leader. active: it has also replayed the log up to its own
	// LeaderChange, so it answers requests.
	leading, active bool
	// candidate is the time (elapsed) at which the node became a candidate, 0 when it is none.
	candidate time.Duration
	// leaderIndex is the raft index of this node's LeaderChange, 0 before it is known.
	leaderIndex uint64
	// stalled is a Ready that could not be persisted for want of a file descriptor, nil for none.
	// Raft makes no other Ready until it is.
	stalled *raft.Ready
	// waiting are requests that arrived before a leader was known, or while stalled was set.
	waiting []op

	publishers []Publisher
	// subscribing are publishers that wait until the node has caught up. heard is the leader's high
	// watermark as this node knows it, appliedTerm the term of the last applied entry.
	subscribing []Publisher
	caughtUp    bool
	heard       leaderCommit
	appliedTerm uint64

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
	// proposed is the time (elapsed) at which raft got the change.
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
	if e.stalled == nil {
		e.awake += min(max(elapsed-e.elapsed, 0), pauseMax)
	}
	e.now, e.elapsed = e.host.Now(), elapsed
}

// step performs ops and everything that raft has ready.
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

// tickInterval is the time between ticks in a cluster of several nodes. raft counts its time-outs
// in ticks.
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
	e.node.Tick()
	e.ready()
	e.expire()
	if e.active && e.stalled == nil {
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
	if len(e.voters.Voters) > 1 {
		return true
	}
	for b := range e.latest.Brokers() {
		if b.ID != e.o.NodeID {
			return true
		}
	}
	return false
}

// noteLeaderChange finds this node's empty entry of a new term.
func (e *engine) noteLeaderChange(entries []*raftpb.Entry) {
	if e.leading && e.leaderIndex == 0 && len(entries[0].GetData()) == 0 && entries[0].GetTerm() == e.term {
		e.leaderIndex = entries[0].GetIndex()
	}
}

func (e *engine) directoryOf(voter int32) (id [16]byte) {
	for _, v := range e.voters.Voters {
		if v.ID == voter {
			return v.DirectoryID
		}
	}
	return id
}

func (e *engine) send(m *raftpb.Message) {
	if e.o.Transport != nil {
		e.o.Transport.Send(nodeID(m.GetTo()), m)
	}
}

// nodeID and raftID map Kafka's node ids, which start at 0, to raft's, where 0 means none.
func nodeID(raftID uint64) int32 { return int32(raftID) - 1 }
func raftID(nodeID int32) uint64 { return uint64(nodeID) + 1 }

// changeRole follows raft's change of the leader.
func (e *engine) changeRole(s *raft.SoftState) {
	lead := nodeID(s.Lead)
	leading := s.RaftState == raft.StateLeader
	if lead != e.lead {
		e.lead = lead
		if lead >= 0 {
			e.c.stats.Leaders.Add(1)
			e.term = uint64(e.node.BasicStatus().HardState.GetTerm())
			e.log.Info("the metadata quorum has a leader", "leader", lead, "epoch", e.term)
		}
	}
	e.noteElection(s.RaftState)
	if leading == e.leading {
		return
	}
	e.leading, e.leaderIndex = leading, 0
	if !leading {
		e.resign()
	}
}

// noteElection measures the time from candidacy to leadership.
func (e *engine) noteElection(state raft.StateType) {
	switch {
	case state == raft.StateCandidate || state == raft.StatePreCandidate:
		if e.candidate == 0 {
			e.candidate = e.host.Elapsed()
		}
	case state == raft.StateLeader && e.candidate != 0:
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
	e.active, e.latest, e.pending = false, nil, nil
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
	e.report()
	if e.o.OnFailure != nil {
		e.o.OnFailure(err)
	}
}

var errStopped = errors.New("quorum: stopped")

// report publishes the status if it has changed.
func (e *engine) report() {
	s := Status{LeaderID: e.lead, Epoch: int32(e.term), Active: e.active, HighWatermark: e.committed,
		LogStartOffset: e.store.log.LogStartOffset(), LogEndOffset: e.store.log.LogEndOffset(), Voters: e.voters.Voters}
	e.c.stats.Vote.Store(e.saved.VotedID)
	if n := len(e.store.epochs); n > 0 {
		e.c.stats.LastEpoch.Store(e.store.epochs[n-1].epoch)
	}
	old := e.c.status.Load()
	if old != nil && old.LeaderID == s.LeaderID && old.Epoch == s.Epoch && old.Active == s.Active &&
		old.HighWatermark == s.HighWatermark && old.LogStartOffset == s.LogStartOffset && old.LogEndOffset == s.LogEndOffset {
		return
	}
	e.c.status.Store(&s)
}
