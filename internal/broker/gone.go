package broker

import (
	"encoding/binary"
	"time"

	"github.com/gregorhq/gregor/internal/client"
	"github.com/gregorhq/gregor/internal/client/link"
	"github.com/gregorhq/gregor/internal/network"
	"github.com/gregorhq/gregor/internal/protocol"
)

// brokerSession is the session of a connection on which a broker sends its heartbeats. The end of
// the connection is the first sign that the broker's process has ended.
type brokerSession struct {
	n     *Node
	id    int32
	epoch int64
}

// Ended implements the session of network.Conn.
func (s *brokerSession) Ended() {
	if s.n.Err() != nil {
		return
	}
	s.n.quorum.BrokerUnlinked(s.id, s.epoch)
	s.n.probe(s.id, s.epoch)
}

// noteHeartbeat remembers which broker sends its heartbeats on a connection. A request begins with
// the broker's id and epoch, in all versions.
func (n *Node) noteHeartbeat(x *network.Exchange) {
	if x.Header.APIKey != protocol.KeyBrokerHeartbeat || len(x.Body) < 12 {
		return
	}
	s, ok := x.Conn().Session.(*brokerSession)
	if !ok {
		s = &brokerSession{n: n}
		x.Conn().Session = s
	}
	s.id, s.epoch = int32(binary.BigEndian.Uint32(x.Body)), int64(binary.BigEndian.Uint64(x.Body[4:]))
}

// A broker whose connection has ended is asked for its versions, until it answers or refuses the
// connection. A dying process may still accept connections.
const (
	probePause   = 20 * time.Millisecond
	probeTimeout = 2 * time.Second
)

// probe finds out whether a broker's process has ended. A refused connection proves it, and the
// controller fences the broker at once. Silence proves nothing: the session decides.
func (n *Node) probe(id int32, epoch int64) {
	n.probeUntil(id, epoch, n.host.Elapsed()+probeTimeout)
}

func (n *Node) probeUntil(id int32, epoch int64, until time.Duration) {
	b := n.quorum.Image().Broker(id)
	if n.peers == nil || !n.quorum.Status().Active || b == nil || b.Epoch != epoch || b.Fenced || n.Err() != nil {
		return
	}
	peer, ok := n.brokerPeer(b)
	if !ok {
		return
	}
	n.peers.Retry(id)
	n.peers.Send(peer, client.NewRequest(&protocol.APIVersionsRequest{}, until), func(_ client.Answer, err error) {
		switch {
		case err == nil:
		case client.KindOf(err) == link.Refused:
			n.log.Info("a broker refuses connections, so its process has ended", "broker", id)
			n.quorum.BrokerGone(id, epoch)
		case n.host.Elapsed() < until:
			n.host.AfterFunc(probePause, func() { n.probeUntil(id, epoch, until) })
		}
	})
}

// probeAllSoon calls probeAll outside of the step of the quorum.
func (n *Node) probeAllSoon() { n.host.Go(n.probeAll) }

// probeAll probes every broker after this controller has become the active one. It has not seen the
// connections of their heartbeats end.
func (n *Node) probeAll() {
	for b := range n.quorum.Image().Brokers() {
		if b.ID != n.id && !b.Fenced {
			n.probe(b.ID, b.Epoch)
		}
	}
}
