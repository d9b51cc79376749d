package client

import (
	"errors"
	"fmt"

	"github.com/gregorhq/gregor/internal/client/link"
)

// Error is the reason why a request has no answer. Its Kind is one of package link: Refused,
// Unreachable, Broken, TimedOut, Closed, Unsupported, Full, Invalid, WrongNode.
type Error struct {
	Peer Peer
	link.Fault
}

// Error implements error.
func (e *Error) Error() string { return fmt.Sprintf("%s: %s", e.Peer, e.Text()) }

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Cause }

// Gone reports whether err says that the peer's process is gone: the peer refused, reset or ended
// the connection. A process that is killed resets or ends its connections, whichever the kernel
// does. A live process ends a connection that is idle or that it cannot read. Refused is the proof:
// the link dials again at once after a connection has ended, and reports the result to
// Options.OnChange.
func Gone(err error) bool {
	var e *Error
	return errors.As(err, &e) && e.Fault.Gone
}

// Gone is the method of an error that [Gone] looks for.
func (e *Error) Gone() bool { return e.Fault.Gone }

// KindOf returns the kind of an error of this package, 0 for others.
func KindOf(err error) link.Kind {
	var e *Error
	if errors.As(err, &e) {
		return e.Kind
	}
	return 0
}

// Unsent reports whether err says that the peer has not received the request, so that a repetition
// performs it once.
func Unsent(err error) bool {
	var e *Error
	return errors.As(err, &e) && !e.Sent
}
