package broker

import (
	"net"
	"strconv"
	"time"

	"github.com/gregorhq/gregor/internal/client"
	"github.com/gregorhq/gregor/internal/client/link"
	"github.com/gregorhq/gregor/internal/controller"
	"github.com/gregorhq/gregor/internal/forwarding"
	"github.com/gregorhq/gregor/internal/kraft"
	"github.com/gregorhq/gregor/internal/kraftwire"
	"github.com/gregorhq/gregor/internal/protocol"
	"github.com/gregorhq/gregor/internal/quorum"
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

// openLinks makes the connections to other nodes. A node of a simulator without a Transport has
// none.
func (n *Node) openLinks() {
	transport := n.opts.Transport
	if transport == nil && n.opts.FrontEnd == nil {
		n.sockets = &client.Sockets{}
		transport = n.sockets
	}
	if transport != nil {
		n.peers = client.New(client.Options{Host: n.host, Transport: transport, ClientID: n.clientID(), ClusterID: n.ids.cluster, Limits: n.linkLimits(),
			Version: n.opts.Version, Logger: n.opts.logger("client")})
	}
}

// openChannel makes the channel to the active controller.
func (n *Node) openChannel() {
	cfg := n.opts.Config
	o := forwarding.Options{
		Host: n.host, NodeID: n.id, Local: n.quorum, Leader: n.leader, Await: n.awaitOffset, Logger: n.opts.logger("controller"),
		HeartbeatTimeout: time.Duration(cfg.Int64("broker.session.timeout.ms")) * time.Millisecond / 2,
		AttemptTimeout:   time.Duration(cfg.Int64("controller.socket.timeout.ms")) * time.Millisecond,
	}
	if n.peers != nil {
		o.Remote = n.peers
	}
	n.forwarding = forwarding.New(o)
	n.controller = publishedChannel{n, n.forwarding}
}

// quorumTransport carries the requests of the quorum, nil for a node that reaches no other node.
func (n *Node) quorumTransport() quorum.Transport {
	if n.peers == nil {
		return nil
	}
	return &kraftwire.Transport{ClusterID: n.ids.cluster, Listener: n.controllerListener(), To: n.sendToController,
		Timeout: time.Duration(n.opts.Config.Int64("controller.quorum.request.timeout.ms")) * time.Millisecond}
}

// sendToController implements kraftwire.Send over the links. A fetch waits for records, so it has a
// connection of its own.
func (n *Node) sendToController(to kraftwire.Peer, m protocol.Message, least, most int16, timeout time.Duration, done func(protocol.Message, int16, kraft.Failure)) {
	peer := client.Peer{ID: to.ID, Address: net.JoinHostPort(to.Host, strconv.Itoa(int(to.Port))), Listener: n.controllerListener(), Class: client.Quorum}
	if key := m.APIKey(); key == protocol.KeyFetch || key == protocol.KeyFetchSnapshot {
		peer.Class = client.Fetch
	}
	r := client.NewRequest(m.(protocol.Request), n.host.Elapsed()+timeout)
	r.Allowed = link.Range{Min: least, Max: most}
	n.peers.Send(peer, r, func(a client.Answer, err error) { done(a.Message, a.Version, failureOf(err)) })
}

// failureOf classifies the error of a link for the quorum. Only a connection that was refused or
// that broke shows that the peer is gone.
func failureOf(err error) kraft.Failure {
	if err == nil {
		return kraft.NotFailed
	}
	switch client.KindOf(err) {
	case link.Unsupported:
		return kraft.Unsupported
	case link.Refused, link.Broken:
		return kraft.Unreachable
	}
	return kraft.TimedOut
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

// leader is the active controller that the quorum knows, with its address.
func (n *Node) leader() forwarding.Leader {
	of := n.quorum.Leader()
	l := forwarding.Leader{ID: of.ID, Epoch: of.Epoch, Listener: n.controllerListener()}
	if l.ID < 0 || l.ID == n.id {
		return l
	}
	for i, e := range of.Endpoints {
		if i == 0 || e.Name == l.Listener {
			l.Address = net.JoinHostPort(e.Host, strconv.Itoa(int(e.Port)))
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
