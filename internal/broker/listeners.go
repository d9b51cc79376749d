package broker

import (
	"net"
	"os"
	"strconv"

	"github.com/gregorhq/gregor/internal/config"
	"github.com/gregorhq/gregor/internal/metadata"
)

// advertised returns the addresses of the client listeners for answers to clients. It replaces port
// 0 by the bound port.
func (n *Node) advertised() []metadata.Endpoint {
	var out []metadata.Endpoint
	for _, l := range n.opts.Config.AdvertisedListeners() {
		if l.Controller {
			continue
		}
		out = append(out, n.endpoint(l))
	}
	return out
}

func (n *Node) endpoint(l config.Listener) metadata.Endpoint {
	host, port := l.Host, l.Port
	if b, ok := n.front.Bound(l.Name); ok && port == 0 {
		port = b.Port
	}
	if host == "" {
		host, _ = os.Hostname()
		if host == "" {
			host = "localhost"
		}
	}
	return metadata.Endpoint{Name: l.Name, Host: host, Port: uint16(port), SecurityProtocol: l.Protocol.Code()}
}

// controllerEndpoints returns this node's controller listeners. A node without one writes its first
// client listener into the metadata under the name of a controller listener, because Kafka requires
// an address of every voter.
func (n *Node) controllerEndpoints() []metadata.Endpoint {
	var out []metadata.Endpoint
	for _, l := range n.opts.Config.AdvertisedControllers() {
		out = append(out, n.endpoint(l))
	}
	if clients := n.advertised(); len(out) == 0 && len(clients) > 0 {
		clients[0].Name = n.controllerListener()
		out = clients[:1]
	}
	return out
}

// BoundAddr returns the address of a listener's socket, or "" for an unknown listener.
func (n *Node) BoundAddr(listener string) string {
	if b, ok := n.front.Bound(listener); ok {
		return net.JoinHostPort(b.IP, strconv.Itoa(b.Port))
	}
	return ""
}

// Addr returns the advertised address of a listener, or of the first one for an empty name. It
// returns "" for an unknown listener.
func (n *Node) Addr(listener string) string {
	for _, e := range n.advertised() {
		if listener == "" || e.Name == listener {
			return net.JoinHostPort(e.Host, strconv.Itoa(int(e.Port)))
		}
	}
	return ""
}
