package broker

import (
	"net"
	"strconv"
	"time"

	"github.com/gregorhq/gregor/internal/client"
	"github.com/gregorhq/gregor/internal/client/link"
	"github.com/gregorhq/gregor/internal/controller"
	"github.com/gregorhq/gregor/internal/forwarding"
	"github.com/gregorhq/gregor/internal/protocol"
)

// publishedChannel carries requests to the active controller. It holds back the answer of a
// published API until this node has published the change. Kafka answers at the commit. A client
// that then asks for the topic on another connection can get UNKNOWN_TOPIC_OR_PARTITION, and some
// clients retry only after seconds.
type publishedChannel struct {
	n  *Node
	to controller.Channel
}

// Call implements controller.Channel.
func (c publishedChannel) Call(ctx controller.Request, req protocol.Message, done func(protocol.Message)) {
	if !controller.Published(req.APIKey()) {
		c.to.Call(ctx, req, done)
		return
	}
	c.to.Call(ctx, req, func(resp protocol.Message) {
		c.n.publications.then(func() { done(resp) })
	})
}

// request describes a request of this node itself, in a version of its API.
func (n *Node) request(version int16) controller.Request {
	return controller.Request{Version: version, Principal: brokerPrincipal, ClientID: n.clientID()}
}

// clientID is the client id of the node's own requests.
func (n *Node) clientID() string { return "broker-" + brokerName(n.id) }

// openChannel makes the channel to the active controller, and the connections to other nodes. A
// node of a simulator without a Transport has none.
func (n *Node) openChannel() {
	cfg := n.opts.Config
	transport := n.opts.Transport
	if transport == nil && n.opts.FrontEnd == nil {
		n.sockets = &client.Sockets{}
		transport = n.sockets
	}
	o := forwarding.Options{
		Host: n.host, NodeID: n.id, Local: n.quorum, Leader: n.leader, Await: n.awaitOffset, Logger: n.opts.logger("controller"),
		HeartbeatTimeout: time.Duration(cfg.Int64("broker.session.timeout.ms")) * time.Millisecond / 2,
		AttemptTimeout:   time.Duration(cfg.Int64("controller.socket.timeout.ms")) * time.Millisecond,
	}
	if transport != nil {
		n.peers = client.New(client.Options{Host: n.host, Transport: transport, ClientID: n.clientID(), ClusterID: n.ids.cluster, Limits: n.linkLimits(),
			Version: n.opts.Version, Logger: n.opts.logger("client")})
		o.Remote = n.peers
	}
	n.forwarding = forwarding.New(o)
	n.controller = publishedChannel{n, n.forwarding}
}

// linkLimits are the bounds of a connection to another node. Kafka's defaults of the setup timeouts
// are 10 s and 30 s, for its brokers as for its clients. Within a cluster a second is enough.
func (n *Node) linkLimits() (o link.Options) {
	cfg := n.opts.Config
	if cfg.IsSet("socket.connection.setup.timeout.ms") {
		o.SetupTimeout = time.Duration(cfg.Int64("socket.connection.setup.timeout.ms")) * time.Millisecond
		o.SetupTimeoutMax = time.Duration(cfg.Int64("socket.connection.setup.timeout.max.ms")) * time.Millisecond
	}
	return o
}

// closeChannel fails the requests to the controller and ends the connections to other nodes.
func (n *Node) closeChannel() {
	if n.forwarding != nil {
		n.forwarding.Close()
	}
	if n.peers != nil {
		n.peers.Close()
	}
	if n.sockets != nil {
		n.sockets.Wait()
	}
}

// leader is the active controller that the quorum knows, with its address from the voter set.
func (n *Node) leader() forwarding.Leader {
	s := n.quorum.Status()
	l := forwarding.Leader{ID: s.LeaderID, Epoch: s.Epoch, Listener: n.controllerListener()}
	if l.ID < 0 || l.ID == n.id {
		return l
	}
	for _, v := range s.Voters {
		for i, e := range v.Endpoints {
			if v.ID == l.ID && (i == 0 || e.Name == l.Listener) {
				l.Address = net.JoinHostPort(e.Host, strconv.Itoa(int(e.Port)))
			}
		}
	}
	return l
}

// publicationPatience bounds the wait for a published offset. A broker that is cut from the quorum
// still answers its clients, whose change the controller has committed.
const publicationPatience = 5 * time.Second

// awaitOffset runs f once, when this node has published the metadata up to an offset, or when that
// takes too long.
func (n *Node) awaitOffset(offset int64, f func()) {
	n.publications.at(offset, n.host, f)
}

// appliedOffset is the offset of the metadata that this node has published.
func (n *Node) appliedOffset() int64 { return n.image.Load().Offset() }
