package broker

import (
	"sync"

	"github.com/gregorhq/gregor/internal/protocol"
	"github.com/gregorhq/gregor/internal/quorum"
)

// producerIDs hands out producer ids from the block that the controller gave to this broker. Invariant: next <= end; an id
// is handed out once, and those of a block that is left at a stop are never used.
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
	s.n.quorum.AllocateProducerIDs(quorum.Request{Principal: brokerPrincipal}, req, func(resp *protocol.AllocateProducerIDsResponse) {
		s.n.producerIDs.got(resp)
		if s.n.producerIDs.wantsMore() {
			s.askForBlock()
		}
	})
}

// got takes a block, or a refusal, and answers who waits.
func (p *producerIDs) got(resp *protocol.AllocateProducerIDsResponse) {
	err := protocol.Error(resp.ErrorCode)
	var answers []func()
	p.mu.Lock()
	if err == protocol.ErrNone {
		p.next, p.end = resp.ProducerIDStart, resp.ProducerIDStart+int64(resp.ProducerIDLen)
	} else {
		// Clients try again on this one.
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
