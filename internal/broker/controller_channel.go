package broker

import (
	"github.com/gregorhq/gregor/internal/controller"
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
