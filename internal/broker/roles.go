package broker

import (
	"errors"
	"sync"
	"time"

	"github.com/gregorhq/gregor/internal/controller"
	"github.com/gregorhq/gregor/internal/kraft"
	"github.com/gregorhq/gregor/internal/metadata"
	"github.com/gregorhq/gregor/internal/protocol"
	"github.com/gregorhq/gregor/internal/quorum"
)

var errNoNetwork = errors.New("a node of a simulator without a network cannot be one of several")

// checkRoles refuses one of several nodes that has no way to reach the others.
func (n *Node) checkRoles() error {
	if n.opts.Config.Alone() || n.opts.Transport != nil || n.opts.FrontEnd == nil {
		return nil
	}
	return errNoNetwork
}

func (n *Node) isBroker() bool { return n.opts.Config.IsBroker() }

// quorumOptions are the options that depend on the roles.
func (n *Node) quorumOptions(o quorum.Options) quorum.Options {
	cfg := n.opts.Config
	o.Voters, o.Observer = n.staticVoters(), !cfg.IsController()
	o.Transport = n.quorumTransport()
	if !o.Observer {
		n.ownController = n.controllerNode()
		o.Registration = n.ownController
	}
	if cfg.Alone() {
		return o
	}
	for _, s := range cfg.BootstrapServers() {
		o.Bootstrap = append(o.Bootstrap, kraft.Endpoint{Name: n.controllerListener(), Host: s.Host, Port: uint16(s.Port)})
	}
	if !o.Observer {
		o.Endpoints = n.controllerEndpoints()
	}
	return o
}

// publishController applies a new image to a node that is a controller only.
func (n *Node) publishController(p publication) {
	n.publishConfigs(p)
	n.loaded = true
	n.publishImage(p)
	if !isClosed(n.ready) {
		n.serve()
	}
}

// registerController sends this controller's registration to the active controller, when the
// metadata does not have it. The active controller records its own one by itself
// (ControllerRegistrationManager, KIP-919).
func (n *Node) registerController(image *metadata.Image) {
	own := n.ownController
	if own == nil || n.quorum.Status().Active || image.Features().MetadataVersion() < metadata.ControllerRegistrationFrom {
		return
	}
	if have := image.Controller(n.id); have != nil && have.IncarnationID == own.IncarnationID {
		return
	}
	if !n.registeringController.CompareAndSwap(false, true) {
		return
	}
	req := protocol.New[protocol.ControllerRegistrationRequest]()
	req.ControllerID, req.IncarnationID = n.id, own.IncarnationID
	for _, e := range own.Endpoints {
		req.Listeners = append(req.Listeners, protocol.ControllerRegistrationRequestListener{Name: e.Name, Host: e.Host, Port: e.Port, SecurityProtocol: e.SecurityProtocol})
	}
	for _, f := range own.Features {
		req.Features = append(req.Features, protocol.ControllerRegistrationRequestFeature{Name: f.Name, MinSupportedVersion: f.Min, MaxSupportedVersion: f.Max})
	}
	controller.ControllerRegistration.Call(n.controller, n.request(0), req, func(resp *protocol.ControllerRegistrationResponse) {
		again := protocol.Error(resp.ErrorCode) != protocol.ErrNone
		if !again {
			n.registeringController.Store(false)
			return // the image that has the registration ends the attempts
		}
		n.host.AfterFunc(controllerRegistrationBackoff, func() {
			n.registeringController.Store(false)
			if n.Err() == nil {
				n.registerController(n.quorum.Image())
			}
		})
	})
}

// controllerRegistrationBackoff is the pause after a registration that failed.
const controllerRegistrationBackoff = time.Second

// leaveQuorum gives up the leadership of the quorum before the node stops, so that another
// controller leads at once. It calls then, once.
func (n *Node) leaveQuorum(then func()) {
	if n.quorum == nil || n.Err() != nil || n.opts.Config.Alone() {
		then()
		return
	}
	left := sync.OnceFunc(then)
	n.host.AfterFunc(leaveTimeout, left)
	n.quorum.Leave(left)
}

// leaveTimeout bounds the wait for the other controllers (Kafka waits for 5 seconds).
const leaveTimeout = 5 * time.Second
