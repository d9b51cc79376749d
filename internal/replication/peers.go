package replication

import (
	"errors"
	"time"

	"github.com/gregorhq/gregor/internal/protocol"
)

// Peers sends requests to other brokers, on the listener that brokers use for each other.
type Peers interface {
	// Send sends a request to a broker and does not wait. It calls done once, on any goroutine, and
	// never before it returns. done gets the answer or an error, see [PeerGone]. Requests with the
	// same LongPoll reach the broker in the order of the calls. The request stays unchanged until
	// done is called. The answer, and all bytes in it, are valid until done returns.
	Send(broker int32, r PeerRequest, done func(protocol.Message, error))
}

// PeerRequest is a request to another broker.
type PeerRequest struct {
	Message protocol.Request
	// MinVersion and MaxVersion bound the version of the request. A broker that has none of them is
	// an error.
	MinVersion, MaxVersion int16
	// LongPoll says that the broker may hold the answer back, so that the request needs a
	// connection of its own.
	LongPoll bool
	// Timeout bounds the wait for the answer.
	Timeout time.Duration
}

// PeerGone reports whether an error of Peers.Send proves that the broker's process has ended: its
// port refuses connections, or the connection broke. Such an error has a method Gone that returns
// true.
func PeerGone(err error) bool {
	var e interface{ Gone() bool }
	return errors.As(err, &e) && e.Gone()
}
