package kraft

import (
	"fmt"
	"slices"

	"github.com/gregorhq/gregor/internal/protocol/wire"
)

// None is the node id that stands for no node.
const None int32 = -1

// Key identifies a replica of the metadata log. A disk that was wiped has another directory id, so
// that it is another replica (KIP-853). A zero Directory is unknown: the voters of
// controller.quorum.voters, and the requests of versions before KIP-853, have no directory id.
type Key struct {
	ID        int32
	Directory wire.UUID
}

// String returns Kafka's form of a replica key.
func (k Key) String() string {
	return fmt.Sprintf("ReplicaKey(id=%d, directoryId=%s)", k.ID, k.Directory)
}

// NoKey is the key of no replica.
var NoKey = Key{ID: None}

// Endpoint is one address of a controller. Name is the listener's.
type Endpoint struct {
	Name string
	Host string
	Port uint16
}

// Position is a place in the log: the offset behind a record, and the epoch of that record. The
// start of an empty log is the zero Position. It also identifies a snapshot (Kafka's
// OffsetAndEpoch).
type Position struct {
	Offset int64
	Epoch  int32
}

// Before reports whether a log that ends at p is older than one that ends at q: its last epoch is
// lower, or the epochs are equal and it is shorter (Raft §5.4.1).
func (p Position) Before(q Position) bool {
	return p.Epoch < q.Epoch || p.Epoch == q.Epoch && p.Offset < q.Offset
}

// Voter is a member of the quorum.
type Voter struct {
	Key
	Endpoints []Endpoint
	// MinVersion and MaxVersion are the levels of kraft.version that the voter supports.
	MinVersion, MaxVersion int16
}

// Voters is a set of voters, in ascending order of node id. It is immutable.
type Voters []Voter

// Find returns the voter with a node id, nil when there is none.
func (vs Voters) Find(id int32) *Voter {
	if i := slices.IndexFunc(vs, func(v Voter) bool { return v.ID == id }); i >= 0 {
		return &vs[i]
	}
	return nil
}

// Has reports whether key is a voter (Kafka's VoterSet.isVoter). A voter without a directory id is
// known by its node id only.
func (vs Voters) Has(key Key) bool {
	v := vs.Find(key.ID)
	return v != nil && (v.Directory == wire.UUID{} || v.Directory == key.Directory)
}

// Only reports whether key is the one voter.
func (vs Voters) Only(key Key) bool { return len(vs) == 1 && vs.Has(key) }

// Majority is the number of voters that decide.
func (vs Voters) Majority() int { return len(vs)/2 + 1 }

// With returns the set with v, which replaces the voter with the same node id.
func (vs Voters) With(v Voter) Voters {
	out := vs.Without(v.ID)
	out = append(out, v)
	slices.SortFunc(out, func(a, b Voter) int { return int(a.ID) - int(b.ID) })
	return out
}

// Without returns the set without the voter with a node id.
func (vs Voters) Without(id int32) Voters {
	return slices.DeleteFunc(slices.Clone(vs), func(v Voter) bool { return v.ID == id })
}

// Batch is one record batch of the log. It is the unit that is appended, fetched and truncated.
type Batch struct {
	// Base and Last are the offsets of the first and the last record.
	Base, Last int64
	Epoch      int32
	// Control are the control records, nil for a batch of metadata records. All records of a batch
	// are of one kind.
	Control []Control
	// Bytes are the batch's bytes. The core does not read them. A batch that the core makes has
	// none; the engine encodes Control.
	Bytes []byte
}

// Control is a control record. One of its fields is set.
type Control struct {
	Leader  *LeaderChange
	Version *int16 // kraft.version
	Voters  Voters
}

// LeaderChange is the first record of a leader's epoch.
type LeaderChange struct {
	Leader           int32
	Voters, Granting []Key
}

// State is the content of quorum-state.
type State struct {
	Epoch int32
	// Leader is the leader of Epoch, None when it is unknown.
	Leader int32
	// Voted is the candidate that got this node's vote in Epoch, NoKey for none. As in Kafka, a
	// node that learns the leader keeps its vote.
	Voted Key
}
