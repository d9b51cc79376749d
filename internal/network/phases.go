package network

import "time"

// Phases are the times of an exchange. Kafka hands a request from a network thread to a handler
// thread and the answer back, and measures the queues between them. Here one goroutine does both,
// so the phases are:
type Phases struct {
	// Queue: from the complete frame in memory to the start of its handler. Only requests that a
	// client sends without waiting for answers queue behind each other. All others have 0.
	Queue time.Duration
	// Local: the handler's work with decoding and encoding. For a parked request it ends at the
	// parking.
	Local time.Duration
	// Remote: from the parking to the complete answer. It contains the fsync of the group commit:
	// Kafka waits for the disk on the handler's thread, and here the request is parked.
	Remote time.Duration
	// Wait: from the complete answer to the begin of its writing. Earlier requests of the
	// connection go first, and answers to pipelined requests are written together.
	Wait time.Duration
	// Send: the system calls that wrote it. Answers that were written together share this time.
	Send time.Duration
	// Total: all of it.
	Total time.Duration
}

// Phases returns the times of an exchange whose answer has been written or dropped.
func (x *Exchange) Phases() Phases {
	p := Phases{Queue: max(x.Received.Sub(x.arrived), 0), Local: x.answered, Wait: max(x.sending-x.answered, 0), Send: x.sent - x.sending}
	if x.parked > 0 && x.parked < x.answered {
		p.Local, p.Remote = x.parked, x.answered-x.parked
	}
	p.Total = p.Queue + max(x.sent, x.answered)
	return p
}

// errorCounts are the numbers of each error code in an answer.
type errorCounts struct {
	// none counts code 0, the most frequent one.
	none  int
	other []ErrorCount
}

// ErrorCount is one error code and its number.
type ErrorCount struct {
	Code int16
	N    int
}

// CountError records that the answer contains an error code n times. Code 0 means no error.
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

// Errors returns the number of parts of the answer without an error, and the errors of the others.
func (x *Exchange) Errors() (none int, other []ErrorCount) { return x.errors.none, x.errors.other }
