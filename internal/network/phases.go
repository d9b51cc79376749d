package network

import "time"

// Phases is where an exchange spent its time. Kafka hands a request from a network thread to a handler thread and the answer
// back, and measures the queues between them; here one goroutine does it all, so the phases mean:
type Phases struct {
	// Queue: from when the frame was whole in memory to the start of its handler. Only requests that a client sends
	// without waiting for answers queue, behind each other; all others have 0.
	Queue time.Duration
	// Local: the handler's work, decoding and encoding included; for a request that was parked, up to the parking.
	Local time.Duration
	// Remote: from the parking until the answer was complete. Where Kafka waits on the handler's thread for the disk,
	// a request is parked here: this holds the group commit's fsync, too.
	Remote time.Duration
	// Wait: from the complete answer to the beginning of its writing: earlier requests of the connection go first, and
	// answers to pipelined requests are written together.
	Wait time.Duration
	// Send: the system calls that wrote it; answers that were written together have this time in common.
	Send time.Duration
	// Total: all of it.
	Total time.Duration
}

// Phases tells the times of an exchange whose answer has been written or dropped.
func (x *Exchange) Phases() Phases {
	p := Phases{Queue: max(x.Received.Sub(x.arrived), 0), Local: x.answered, Wait: max(x.sending-x.answered, 0), Send: x.sent - x.sending}
	if x.parked > 0 && x.parked < x.answered {
		p.Local, p.Remote = x.parked, x.answered-x.parked
	}
	p.Total = p.Queue + max(x.sent, x.answered)
	return p
}

// errorCounts are how often each error code stands in an answer.
type errorCounts struct {
	// none counts code 0, which is most of them.
	none  int
	other []ErrorCount
}

// ErrorCount is one error code and how often it was met.
type ErrorCount struct {
	Code int16
	N    int
}

// CountError notes that an error code (0 for none) stands n times in the answer that is about to be given.
func (x *Exchange) CountError(code int16, n int) {
	if code == 0 {
		x.errors.none += n
		return
	}
	for i := range x.errors.other {
		if e := &x.errors.other[i]; e.Code == code {
			e.N += n
			return
		}
	}
	x.errors.other = append(x.errors.other, ErrorCount{code, n})
}

// Errors are what CountError noted: how many parts of the answer have no error, and the errors of the others.
func (x *Exchange) Errors() (none int, other []ErrorCount) { return x.errors.none, x.errors.other }
