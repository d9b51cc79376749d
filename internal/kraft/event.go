package kraft

import "github.com/gregorhq/gregor/internal/protocol"

// Event is what happens to a node. The types below are the events.
type Event interface{ event() }

// Tick says that time has passed. The engine sends it at [Node.Deadline], after all other events
// that have arrived: the time in which a node was not able to receive must not count against its
// peers.
type Tick struct{}

// Request is a request of another node. A [Reply] with its ID answers it, in the same step or in a
// later one.
type Request struct {
	ID   uint64
	Body RequestBody
}

// Answer is the answer to a [Call] of this node, or its failure.
type Answer struct {
	ID      uint64
	Body    ResponseBody
	Failure Failure
}

// Failure says why a call has no answer.
type Failure uint8

// The failures.
const (
	// NotFailed: there is an answer.
	NotFailed Failure = iota
	// TimedOut: the peer was silent until the deadline of the call.
	TimedOut
	// Unreachable: the connection was refused or it broke, so the peer's process is gone or it has
	// closed the connection.
	Unreachable
	// Unsupported: the peer does not know the API or the version.
	Unsupported
)

// asError returns the error that Kafka's client makes of the failure.
func (f Failure) asError() protocol.Error {
	switch f {
	case TimedOut:
		return protocol.ErrRequestTimedOut
	case Unsupported:
		return protocol.ErrUnsupportedVersion
	}
	return protocol.ErrBrokerNotAvailable
}

// Flushed says that the log is durable below End.
type Flushed struct{ End int64 }

// Propose appends batches of the controller. It is void, and Effects.Refused is set, unless the
// node leads in Epoch and the first batch begins at the log end.
type Propose struct {
	Epoch   int32
	Batches []Batch
}

// SnapshotWritten says that this node has made a snapshot of the log below ID, and that it is
// durable. Start says that the log has been cut below it: it is the new log start.
type SnapshotWritten struct {
	ID    Position
	Start bool
}

// SnapshotFetched says that the snapshot of Effects.Chunk is complete and durable, and that the
// log is empty and starts at it. Version and Voters are those of the snapshot's control records; no
// Voters means that it has none.
type SnapshotFetched struct {
	ID      Position
	Version int16
	Voters  Voters
}

// SnapshotFailed says that the snapshot of Effects.Chunk cannot be used: its bytes are damaged, or
// no descriptor was left. The node fetches it again.
type SnapshotFailed struct{ ID Position }

// Resign makes the leader of Epoch give up its leadership: the controller above it failed.
type Resign struct{ Epoch int32 }

// Shutdown begins a clean stop. A leader asks its successors to stand. The node is done when
// [Status.Stopped] is set.
type Shutdown struct{}

func (Tick) event()            {}
func (Request) event()         {}
func (Answer) event()          {}
func (Flushed) event()         {}
func (Propose) event()         {}
func (SnapshotWritten) event() {}
func (SnapshotFetched) event() {}
func (SnapshotFailed) event()  {}
func (Resign) event()          {}
func (Shutdown) event()        {}
