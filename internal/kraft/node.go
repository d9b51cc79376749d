package kraft

import (
	"fmt"
	"math"
	"time"
)

// Options describe a node.
type Options struct {
	// Self is this replica. Endpoints are its own addresses, empty for a broker.
	Self Voter
	// CanVote says that the node is a controller. A broker is always an observer.
	CanVote bool
	// Candidate says that the node may stand for leader (controller.quorum.candidate). A node that
	// may not still votes.
	Candidate bool
	// AutoJoin says that the controller adds itself to the voters
	// (controller.quorum.auto.join.enable, KIP-1186).
	AutoJoin bool
	// Voters are those of controller.quorum.voters, nil when it is not set. Bootstrap are the
	// addresses of controller.quorum.bootstrap.servers.
	Voters    Voters
	Bootstrap []Endpoint
	// ElectionTimeout, ElectionBackoffMax, FetchTimeout, RequestTimeout and RetryBackoff are
	// controller.quorum.election.timeout.ms, controller.quorum.election.backoff.max.ms,
	// controller.quorum.fetch.timeout.ms, controller.quorum.request.timeout.ms and
	// controller.quorum.retry.backoff.ms. All are positive. The pauses after failed requests grow
	// from RetryBackoff to RetryBackoffMax.
	ElectionTimeout, FetchTimeout, RequestTimeout     time.Duration
	ElectionBackoffMax, RetryBackoff, RetryBackoffMax time.Duration
	// FetchMaxBytes and SnapshotMaxBytes are controller.quorum.fetch.max.bytes and
	// controller.quorum.fetch.snapshot.max.bytes: they bound an answer. FetchMaxWait is the time
	// that the leader keeps a fetch.
	FetchMaxBytes, SnapshotMaxBytes int32
	FetchMaxWait                    time.Duration
	// Rand is the source of the random pauses.
	Rand Random
}

// Random is a source of random numbers.
type Random interface {
	// Uint64 returns 64 random bits.
	Uint64() uint64
}

// Stored is what the node finds on its disk at a start.
type Stored struct {
	State State
	// Start is the position of the log start: the snapshot below which the log was cut.
	Start Position
	// Snapshots are the snapshots, in ascending order. Start is one of them, unless it is zero.
	Snapshots []Position
	// Version and Voters are those of the newest snapshot's control records, at Start or above it.
	// VotersAt is the position of that snapshot.
	Version  int16
	Voters   Voters
	VotersAt Position
	// Batches are the batches of the log from Start on, without their bytes. The log is durable.
	// Batches of metadata records may be joined when they are consecutive and of one epoch.
	Batches []Batch
}

// Status is what others may know of a node.
type Status struct {
	Role   Role
	Leader Leader
	// HighWatermark is the offset behind the last record that is known to be committed, -1 before
	// any is known. LeaderHighWatermark is what the leader of the epoch has said, -1 before it has.
	HighWatermark       int64
	LeaderHighWatermark int64
	LogStart, End       int64
	// EpochStart is the offset of this leader's LeaderChange. It is 0 unless Role is Leading.
	EpochStart int64
	Version    int16
	// Voters is the set in force: that of the newest VotersRecord in the log, committed or not.
	Voters Voters
	Voted  Key
	// Stopped says that a clean stop is over.
	Stopped bool
}

// Progress is what a leader knows of a replica.
type Progress struct {
	Key
	Voter bool
	// End is the replica's durable log end offset, -1 before its first fetch. LastFetch and
	// LastCaughtUp are times of the node's clock, -1 for never.
	End                     int64
	LastFetch, LastCaughtUp time.Duration
}

// Role is what a node does in its epoch.
type Role uint8

// The roles. An observer is Unattached or Following.
const (
	// Unattached: the node knows no leader that it follows.
	Unattached Role = iota
	// Following: the node fetches from the leader.
	Following
	// Prospective: the node asks for pre-votes.
	Prospective
	// Candidate: the node asks for votes.
	Candidate
	// Leading: the node won the election.
	Leading
	// Resigned: the node was the leader of the epoch and gave it up.
	Resigned
)

// Node is one node's part of the quorum. [New] makes it, Step changes it.
type Node struct {
	o   Options
	now time.Duration

	log logView
	// epoch, leader and voted are what quorum-state holds. saved is its last content.
	// Invariant: epoch never falls. In one epoch, leader and voted change at most once each.
	epoch  int32
	leader Leader
	voted  Key
	saved  State

	role Role
	// hw is the high watermark, -1 when it is unknown. Invariant: it never falls, and it is not
	// above the log end.
	hw int64
	// electionAt is the time at which a voter that is Unattached, Prospective, Candidate or
	// Resigned acts: it stands, it gives up or it stands again.
	electionAt time.Duration
	// defeats is the number of elections in a row that this node could not win.
	defeats   int
	votes     votes
	following following
	leading   *leadership
	// searchAt is the time of the next request of a search for the leader.
	searchAt time.Duration
	// resigned holds the voters that have yet to answer EndQuorumEpoch.
	resigned []int32
	endEpoch *EndQuorumEpochRequest
	// stopping says that a clean stop has begun.
	stopping bool

	peers    peers
	fx       Effects
	deadline time.Duration
	// ticking says that the event of this step is a Tick.
	ticking bool
	// fault says that the log of this node contradicts what the quorum has committed. The node does
	// nothing any more.
	fault error
}

// New makes a node at a start. now is the time of the node's clock, which is monotonic. The first
// Tick is due at once.
func New(now time.Duration, o Options, s Stored) *Node {
	n := &Node{o: o, now: now, hw: -1, deadline: now}
	first := voterChange{at: -1, voters: o.Voters}
	if len(s.Voters) > 0 {
		first = voterChange{at: s.VotersAt.Offset - 1, version: s.Version, voters: s.Voters}
	}
	first.others = first.voters.Without(o.Self.ID)
	n.log = logView{self: o.Self.ID, start: s.Start, end: s.Start.Offset, snapshots: s.Snapshots, changes: []voterChange{first}}
	for _, b := range s.Batches {
		n.log.append(b)
	}
	n.log.flushed = n.log.end
	if k := len(s.Snapshots); k > 0 {
		n.hw = s.Snapshots[k-1].Offset // a snapshot holds committed records only
	}
	n.saved = s.State
	n.epoch, n.leader, n.voted = s.State.Epoch, Leader{ID: s.State.Leader, Epoch: s.State.Epoch}, s.State.Voted
	if last := n.log.last().Epoch; n.epoch < last {
		n.epoch, n.leader, n.voted = last, Leader{ID: None, Epoch: last}, NoKey
	}
	n.begin()
	return n
}

// begin chooses the role at a start (QuorumState.initialize). A node that led its epoch does not
// lead in it again, because it has forgotten what its followers have.
func (n *Node) begin() {
	switch {
	case n.log.voters().voters.Only(n.o.Self.Key):
		n.role, n.electionAt = Unattached, n.now
	case n.leader.ID == n.o.Self.ID:
		n.role = Resigned
		n.electionAt = n.now + n.electionTimeout()
	case n.leader.ID != None:
		n.follow(n.leader) // it is searched for when its endpoints are unknown
	default:
		n.role = Unattached
		n.electionAt = n.now + n.electionTimeout()
	}
}

// Step performs an event. Times must not fall.
func (n *Node) Step(now time.Duration, e Event) Effects {
	n.now = max(n.now, now)
	if n.fault != nil {
		return Effects{Fault: n.fault}
	}
	before := n.summary()
	n.ticking = false
	switch e := e.(type) {
	case Tick:
		n.ticking = true
	case Request:
		n.serve(e)
	case Answer:
		n.answered(e)
	case Flushed:
		n.flushed(e.End)
	case Propose:
		n.propose(e)
	case SnapshotWritten:
		n.snapshotWritten(e)
	case SnapshotFetched:
		n.snapshotFetched(e)
	case SnapshotFailed:
		n.snapshotFailed()
	case Resign:
		if n.role == Leading && e.Epoch == n.epoch {
			n.resign()
		}
	case Shutdown:
		n.stopping = true
		if n.role == Leading {
			n.resign()
		}
	}
	n.poll()
	return n.take(before)
}

// summary is what Effects.Role and Effects.Committed are about.
type summary struct {
	role    Role
	leader  int32
	epoch   int32
	hw      int64
	changes int
	lastAt  int64
	stopped bool
}

func (n *Node) summary() summary {
	v := n.log.voters()
	return summary{n.role, n.leader.ID, n.epoch, n.hw, len(n.log.changes), v.at, n.stopped()}
}

// take returns the effects of the step.
func (n *Node) take(before summary) Effects {
	if s := (State{n.epoch, n.leader.ID, n.voted}); s != n.saved {
		n.saved, n.fx.State = s, &s
	}
	after := n.summary()
	n.fx.Committed, n.fx.HighWatermark = after.hw != before.hw, after.hw
	after.hw = before.hw
	n.fx.Role = after != before
	n.fx.Fault = n.fault
	fx := n.fx
	n.fx = Effects{}
	return fx
}

// poll performs the work that is due, and sets the time of the next Tick.
func (n *Node) poll() {
	n.deadline = forever
	// A role that ends here leaves its work to the next one.
	for again := true; again && n.fault == nil; {
		again = false
		switch n.role {
		case Unattached:
			again = n.pollUnattached()
		case Following:
			again = n.pollFollowing()
		case Prospective, Candidate:
			again = n.pollElection()
		case Leading:
			again = n.pollLeading()
		case Resigned:
			again = n.pollResigned()
		}
	}
}

// forever is a time that does not come.
const forever time.Duration = math.MaxInt64

// wake makes the next Tick come at t at the latest.
func (n *Node) wake(t time.Duration) { n.deadline = min(n.deadline, t) }

// due reports whether a Tick finds that t has come. Otherwise the next Tick comes at t at the
// latest. No other event looks at the clock, because input that has arrived and is not performed
// yet may come before t.
func (n *Node) due(t time.Duration) bool {
	if n.ticking && n.now >= t {
		return true
	}
	n.wake(t)
	return false
}

// Deadline returns the time of the next Tick.
func (n *Node) Deadline() time.Duration { return n.deadline }

// Status returns what others may know of the node.
func (n *Node) Status() Status {
	v := n.log.voters()
	s := Status{Role: n.role, Leader: n.leader, HighWatermark: n.hw, LeaderHighWatermark: -1, LogStart: n.log.start.Offset, End: n.log.end,
		Version: v.version, Voters: v.voters, Voted: n.voted, Stopped: n.stopped()}
	switch n.role {
	case Leading:
		s.EpochStart = n.leading.start
	case Following:
		s.LeaderHighWatermark = n.following.leaderHW
	}
	return s
}

// Replicas returns the progress of the voters and observers, which only a leader knows.
func (n *Node) Replicas() []Progress {
	if n.role != Leading {
		return nil
	}
	return n.leading.progress(n)
}

// VotersAt returns the voters and the level of kraft.version that are in force for a snapshot of
// the log below an offset.
func (n *Node) VotersAt(offset int64) (version int16, voters Voters) {
	for _, c := range n.log.changes {
		if c.at < offset {
			version, voters = c.version, c.voters
		}
	}
	return version, voters
}

// stopped reports whether a clean stop is over. A leader that has resigned waits until the other
// voters know.
func (n *Node) stopped() bool {
	return n.stopping && n.role != Leading && !(n.role == Resigned && len(n.resigned) > 0)
}

// voter reports whether this replica is in the set of voters in force.
func (n *Node) voter() bool { return n.o.CanVote && n.log.voters().voters.Has(n.o.Self.Key) }

// mayStand reports whether this node may become the leader. A voter whose removal is in its log and
// perhaps not committed still may: the other voters may need its records, and only a leader can
// commit them (Ongaro, 4.2.2). It does not count itself, and it resigns after the commit.
func (n *Node) mayStand() bool {
	if !n.o.CanVote || !n.o.Candidate || n.stopping {
		return false
	}
	for i := len(n.log.changes) - 1; i >= 0; i-- {
		if c := n.log.changes[i]; c.voters.Has(n.o.Self.Key) {
			return true
		} else if n.hw > c.at {
			return false
		}
	}
	return false
}

// electionTimeout is random, so that two nodes rarely stand at the same time.
func (n *Node) electionTimeout() time.Duration {
	return n.o.ElectionTimeout + n.random(n.o.ElectionTimeout)
}

// random returns a time in [0, d).
func (n *Node) random(d time.Duration) time.Duration {
	if d <= 0 {
		return 0
	}
	return time.Duration(n.o.Rand.Uint64() % uint64(d)) // as good as uniform: d is far below 2^64
}

// fail stops the node: to go on could lose committed records.
func (n *Node) fail(format string, args ...any) {
	if n.fault == nil {
		n.fault = fmt.Errorf("kraft: "+format, args...)
	}
}
