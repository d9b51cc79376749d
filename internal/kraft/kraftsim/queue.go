package kraftsim

import (
	"time"

	"github.com/gregorhq/gregor/internal/kraft"
)

// kind says what an event is.
type kind uint8

const (
	evRequest     kind = iota // a request arrives at node
	evAnswer                  // an answer arrives at node
	evUnsupported             // node hears that the peer of a call does not know its version
	evBroken                  // node sees that the connection of a call is refused or broken
	evOverdue                 // the first calls of node have been silent for RequestTimeout
	evFlushed                 // a sync of node's log is over
	evTick                    // the deadline of node
	evResume                  // the pause of node ends
	evFunc                    // body is a function of the world
)

// event is what happens at a simulated time. It is a value, so that the queue makes no garbage.
type event struct {
	at   time.Duration
	seq  uint64 // orders events of the same time
	id   uint64 // of the call, the tick or the sync
	body any
	// life is the process that the event belongs to. For a request, it is the sender's.
	life uint32
	kind kind
	node int8
	from int8
}

func (e *event) before(o *event) bool { return e.at < o.at || e.at == o.at && e.seq < o.seq }

// queue is a heap of events with four children for each node.
type queue []event

func (q *queue) push(e event) {
	h := append(*q, e)
	*q = h
	i := len(h) - 1
	for i > 0 {
		parent := (i - 1) / 4
		if !e.before(&h[parent]) {
			break
		}
		h[i] = h[parent]
		i = parent
	}
	h[i] = e
}

func (q *queue) pop() event {
	h := *q
	first := h[0]
	n := len(h) - 1
	e := h[n]
	h[n] = event{}
	h = h[:n]
	*q = h
	if n == 0 {
		return first
	}
	i := 0
	for {
		c := 4*i + 1
		if c >= n {
			break
		}
		least := c
		for k := c + 1; k < min(c+4, n); k++ {
			if h[k].before(&h[least]) {
				least = k
			}
		}
		if !h[least].before(&e) {
			break
		}
		h[i] = h[least]
		i = least
	}
	h[i] = e
	return first
}

// call is a request of a node that is not answered.
type call struct {
	id       uint64
	to       int8
	deadline time.Duration
}

// served is a request that a node has not answered.
type served struct {
	id   uint64 // the number that the node knows
	call uint64 // the number of the caller
	from int8   // the caller, or operator
	life uint32 // the caller's process
	at   time.Duration
	body kraft.RequestBody
	done func(kraft.ResponseBody) // for requests of the operator
}

// operator is the sender of requests that no node sends.
const operator int8 = -1
