package broker

import (
	"errors"
	"net"
	"strconv"

	"github.com/gregorhq/gregor/internal/client"
	"github.com/gregorhq/gregor/internal/client/link"
	"github.com/gregorhq/gregor/internal/metadata"
	"github.com/gregorhq/gregor/internal/protocol"
	"github.com/gregorhq/gregor/internal/replication"
)

// brokerLinks implements replication.Peers over the links to other brokers.
type brokerLinks struct{ n *Node }

var errNoAddress = errors.New("the metadata has no address of the broker on the listener between brokers")

// Send implements replication.Peers.
func (l brokerLinks) Send(broker int32, r replication.PeerRequest, done func(protocol.Message, error)) {
	n := l.n
	peer, ok := n.brokerPeer(n.replicas.Image().Broker(broker))
	if !ok {
		n.host.Go(func() { done(nil, errNoAddress) })
		return
	}
	if r.LongPoll {
		peer.Class = client.Fetch
	}
	req := client.NewRequest(r.Message, n.host.Elapsed()+r.Timeout)
	req.Allowed = link.Range{Min: r.MinVersion, Max: r.MaxVersion}
	n.peers.Send(peer, req, func(a client.Answer, err error) {
		done(a.Message, err)
		a.Release()
	})
}

// brokerPeer is the address of a broker on the listener between brokers. b may be nil.
func (n *Node) brokerPeer(b *metadata.Broker) (client.Peer, bool) {
	p := client.Peer{Listener: n.opts.Config.InterBrokerListener()}
	if b == nil {
		return p, false
	}
	p.ID = b.ID
	for _, e := range b.Endpoints {
		if e.Name == p.Listener {
			p.Address = net.JoinHostPort(e.Host, strconv.Itoa(int(e.Port)))
			return p, true
		}
	}
	return p, false
}

// followedPeers connects followers to their leaders, nil for a node that reaches no other node.
func (n *Node) followedPeers() replication.Peers {
	if n.peers == nil {
		return nil
	}
	return brokerLinks{n}
}
