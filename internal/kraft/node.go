package kraft

import (
	"math/rand/v2"
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
	// Voters are those of controller.quorum.voters, nil when it is not set. Bootstrap are the
	// addresses of controller.quorum.bootstrap.servers.
	Voters    Voters
	Bootstrap []Endpoint
	// ElectionTimeout, FetchTimeout, RequestTimeout, RetryBackoff and RetryBackoffMax are
	// controller.quorum.election.timeout.ms, controller.quorum.fetch.timeout.ms,
	// controller.quorum.request.timeout.ms and controller.quorum.retry.backoff(.max).ms.
	ElectionTimeout, FetchTimeout, RequestTimeout time.Duration
	RetryBackoff, RetryBackoffMax                 time.Duration
	// FetchMaxBytes and FetchMaxWait bound an answer to a fetch, and the time that the leader keeps
	// it (Kafka: 8 MiB, 500 ms).
	FetchMaxBytes int32
	FetchMaxWait  time.Duration
	// AutoJoin is controller.quorum.auto.join.enable.
	AutoJoin bool
	// Rand is the source of the random pauses.
	Rand rand.Source
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
	// any is known.
	HighWatermark int64
	LogStart, End int64
	// EpochStart is the offset of this leader's LeaderChange. It is 0 unless Role is Leading.
	EpochStart int64
	Version    int16
	// Voters is the set in force: that of the newest VotersRecord in the log, committed or not.
	Voters Voters
	Voted  Key
	// Replicas are the progress of the voters and observers. Only a leader knows them.
	Replicas []Progress
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

// Node is one node's part of the quorum.
type Node struct{}

// New makes a node at a start. now is the time of the node's clock, which is monotonic.
func New(now time.Duration, o Options, s Stored) (*Node, Effects) { panic("todo") }

// Step performs an event.
func (n *Node) Step(now time.Duration, e Event) Effects { panic("todo") }

// Deadline returns the time of the next Tick.
func (n *Node) Deadline() time.Duration { panic("todo") }

// Status returns what others may know of the node.
func (n *Node) Status() Status { panic("todo") }
