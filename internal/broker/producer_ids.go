package broker

import (
	"sync"

	"github.com/gregorhq/gregor/internal/controller"
	"github.com/gregorhq/gregor/internal/protocol"
)

// producerIDs hands out producer ids from the block that the controller allocated to this broker.
// It hands out each id once. A stop wastes the rest of a block. Invariant: next <= end.
type producerIDs struct {
	mu        sync.Mutex
	next, end int64
	asking    bool
	waiting   []func(int64, protocol.Error)
}

// idSource implements handlers.ProducerIDs.
type idSource struct{ n *Node }

func (s idSource) NextProducerID(done func(id int64, err protocol.Error)) {
	p := &s.n.producerIDs
	p.mu.Lock()
	if p.next < p.end {
		id := p.next
		p.next++
		p.mu.Unlock()
		done(id, protocol.ErrNone)
		return
	}
	p.waiting = append(p.waiting, done)
	ask := !p.asking
	p.asking = true
	p.mu.Unlock()
	if ask {
		s.askForBlock()
	}
}

func (s idSource) askForBlock() {
	req := protocol.New[protocol.AllocateProducerIDsRequest]()
	req.BrokerID, req.BrokerEpoch = s.n.id, s.n.registration.epoch.Load()
	controller.AllocateProducerIDs.Call(s.n.controller, s.n.request(allocateProducerIDVersion), req, func(resp *protocol.AllocateProducerIDsResponse) {
		s.n.producerIDs.got(resp)
		if s.n.producerIDs.wantsMore() {
			s.askForBlock()
		}
	})
}

// got stores a new block, or an error, and answers the waiting requests.
func (p *producerIDs) got(resp *protocol.AllocateProducerIDsResponse) {
	err := protocol.Error(resp.ErrorCode)
	var answers []func()
	p.mu.Lock()
	if err == protocol.ErrNone {
		p.next, p.end = resp.ProducerIDStart, resp.ProducerIDStart+int64(resp.ProducerIDLen)
	} else {
		// Clients retry after this error.
		err = protocol.ErrCoordinatorLoadInProgress
	}
	for len(p.waiting) > 0 && (err != protocol.ErrNone || p.next < p.end) {
		done, id := p.waiting[0], int64(-1)
		p.waiting = p.waiting[1:]
		if err == protocol.ErrNone {
			id = p.next
			p.next++
		}
		answers = append(answers, func() { done(id, err) })
	}
	p.asking = len(p.waiting) > 0
	p.mu.Unlock()
	for _, answer := range answers {
		answer()
	}
}

func (p *producerIDs) wantsMore() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.asking
}
