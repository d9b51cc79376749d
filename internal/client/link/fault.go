package link

import "fmt"

// Kind is the kind of a failure.
type Kind uint8

// The kinds of failures.
const (
	// Refused: no process listens at the peer's address.
	Refused Kind = iota + 1
	// Unreachable: there was no connection within the setup timeout, no route, or no such host.
	Unreachable
	// Broken: the connection ended, or the peer sent bytes that are no valid answer.
	Broken
	// TimedOut: the deadline of the request passed.
	TimedOut
	// Closed: the owner has closed the link.
	Closed
	// Unsupported: the peer has no version of the API that the caller allows.
	Unsupported
	// Full: too many requests wait for the peer.
	Full
	// Invalid: the request cannot be encoded.
	Invalid
	// WrongNode: another node or another cluster answers at the address (KIP-1242).
	WrongNode
)

// Kinds is the number of kinds, 0 included.
const Kinds = int(WrongNode) + 1

var kindTexts = [Kinds]string{"no failure", "connection refused", "unreachable", "connection broken", "timed out", "closed", "unsupported version",
	"too many requests wait", "request cannot be encoded", "a node of another cluster or with another id answers at the address"}

// String returns the text of the kind in error messages.
func (k Kind) String() string {
	if int(k) < Kinds {
		return kindTexts[k]
	}
	return fmt.Sprintf("failure %d", uint8(k))
}

// Fault is the reason why a request has no answer, or why a connection ended.
type Fault struct {
	Kind Kind
	// Sent: the request, or a part of it, may have reached the peer, so the peer may have performed
	// it.
	Sent bool
	// Gone: the peer's process is gone, or it has closed the connection. It refused, reset or ended
	// a connection.
	Gone bool
	// Cause has the details. It may be nil.
	Cause error
}

// Text describes the fault.
func (f Fault) Text() string {
	if f.Cause == nil {
		return f.Kind.String()
	}
	return f.Kind.String() + ": " + f.Cause.Error()
}
