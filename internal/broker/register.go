package broker

import (
	"errors"
	"sync/atomic"
	"time"

	"github.com/gregorhq/gregor/internal/controller"
	"github.com/gregorhq/gregor/internal/metadata"
	"github.com/gregorhq/gregor/internal/protocol"
	"github.com/gregorhq/gregor/internal/protocol/wire"
)

// registration is the broker's registration with the controller.
type registration struct {
	// epoch is the broker epoch, -1 before the broker is registered.
	epoch atomic.Int64
	// pending is set while a request is in flight.
	pending atomic.Bool
	// again is set when the node wants a request while another is in flight. The answer then wakes
	// the sender.
	again atomic.Bool
	// leaving asks the controller for a controlled shutdown.
	leaving atomic.Bool
	// asked is set when the controller knows that the broker is leaving.
	asked atomic.Bool
	// unfenced is set once the controller has unfenced the broker.
	unfenced atomic.Bool
	// refused is the last error code of a refused registration, 0 for none, and failures is the
	// number of failed attempts in a row.
	refused, failures atomic.Int32
	incarnation       wire.UUID
	// wake makes the node send the next request soon.
	wake func()
}

func (r *registration) nudge() { r.wake() }

// begin reports whether the node may send a request now. If one is in flight, its answer wakes the
// sender to send another.
func (r *registration) begin() bool {
	r.again.Store(true)
	if !r.pending.CompareAndSwap(false, true) {
		return false
	}
	r.again.Store(false)
	return true
}

// answered ends the request that begin began.
func (r *registration) answered() {
	r.pending.Store(false)
	if r.again.Swap(false) {
		r.nudge()
	}
}

// Versions of the node's own requests to the controller.
const (
	registrationVersion       = 4
	heartbeatVersion          = 1
	allocateProducerIDVersion = 0
	alterPartitionVersion     = 3
)

// leavePause is the time between heartbeats of a broker that waits for its controlled shutdown
// (Kafka's BrokerLifecycleManager waits as long once). A lone node is done with the second one.
const leavePause = 50 * time.Millisecond

// brokerPrincipal is the principal of the node's own requests.
const brokerPrincipal = "User:ANONYMOUS"

// register sends a BrokerRegistration for this incarnation. heartbeat repeats it until it succeeds.
func (n *Node) register() {
	if !n.registration.begin() {
		return
	}
	req := protocol.New[protocol.BrokerRegistrationRequest]()
	req.BrokerID, req.ClusterID, req.IncarnationID = n.id, n.ids.cluster, n.registration.incarnation
	for _, e := range n.advertised() {
		req.Listeners = append(req.Listeners, protocol.BrokerRegistrationRequestListener{Name: e.Name, Host: e.Host, Port: e.Port, SecurityProtocol: e.SecurityProtocol})
	}
	for _, f := range metadata.SupportedFeatures() {
		req.Features = append(req.Features, protocol.BrokerRegistrationRequestFeature{Name: f.Name, MinSupportedVersion: f.Min, MaxSupportedVersion: f.Max})
	}
	if rack := n.opts.Config.String("broker.rack"); rack != "" {
		req.Rack = &rack
	}
	req.LogDirs = n.ids.logDirs
	req.PreviousBrokerEpoch = n.logs.PreviousBrokerEpoch()
	controller.BrokerRegistration.Call(n.controller, n.request(registrationVersion), req, func(resp *protocol.BrokerRegistrationResponse) {
		n.registration.answered()
		if e := protocol.Error(resp.ErrorCode); e != protocol.ErrNone {
			n.registrationFailed(e)
			return
		}
		n.registration.refused.Store(0)
		n.registration.failures.Store(0)
		n.registration.epoch.Store(resp.BrokerEpoch)
		n.registration.nudge()
	})
}

// registrationFailed notes a failed attempt. The log gets one line for each reason.
func (n *Node) registrationFailed(e protocol.Error) {
	n.registration.failures.Add(1)
	if e.Retriable() || e == protocol.ErrNotController {
		return
	}
	if n.registration.refused.Swap(int32(e.Code())) != int32(e.Code()) {
		n.log.Warn("the controller refuses the registration", "error", e.Name(), "reason", e.Message())
	}
}

// errNotRegistered has Kafka's text (BrokerLifecycleManager).
var errNotRegistered = errors.New("Shutting down because we were unable to register with the controller quorum.")

// checkRegistration stops a broker that could not register within
// initial.broker.registration.timeout.ms of its start. A node alone waits for itself.
func (n *Node) checkRegistration() {
	limit := time.Duration(n.opts.Config.Int64("initial.broker.registration.timeout.ms")) * time.Millisecond
	if n.opts.Config.Alone() || isClosed(n.ready) || n.registration.epoch.Load() >= 0 || n.host.Elapsed()-n.joined < limit {
		return
	}
	n.fail(errNotRegistered)
}

// controllerNode is this node's registration as a controller (KIP-919).
func (n *Node) controllerNode() *metadata.ControllerNode {
	c := &metadata.ControllerNode{ID: n.id, IncarnationID: n.newUUID(), Endpoints: n.controllerEndpoints()}
	for _, f := range metadata.SupportedFeatures() {
		c.Features = append(c.Features, metadata.FeatureRange{Name: f.Name, Min: f.Min, Max: f.Max})
	}
	return c
}

// heartbeat sends a BrokerHeartbeat with the offset of the published metadata, and whether the
// broker wants to be fenced or to shut down.
func (n *Node) heartbeat() {
	r := &n.registration
	epoch := r.epoch.Load()
	if epoch < 0 {
		n.register()
		return
	}
	image := n.image.Load()
	own := image.Broker(n.id)
	caughtUp := own != nil && own.Epoch == epoch
	if r.unfenced.Load() && !r.leaving.Load() {
		n.openDoors(image)
	}
	if caughtUp {
		n.assignDirs(epoch)
	}
	if !r.begin() {
		return
	}
	req := protocol.New[protocol.BrokerHeartbeatRequest]()
	req.BrokerID, req.BrokerEpoch, req.CurrentMetadataOffset = n.id, epoch, image.Offset()
	req.WantFence = !caughtUp
	req.WantShutDown = r.leaving.Load()
	for _, id := range n.logs.OfflineDirIDs() {
		req.OfflineLogDirs = append(req.OfflineLogDirs, id)
	}
	controller.BrokerHeartbeat.Call(n.controller, n.request(heartbeatVersion), req, n.heard)
}

func (n *Node) heard(resp *protocol.BrokerHeartbeatResponse) {
	r := &n.registration
	r.answered()
	switch e := protocol.Error(resp.ErrorCode); e {
	case protocol.ErrNone:
	case protocol.ErrStaleBrokerEpoch, protocol.ErrBrokerIDNotRegistered:
		r.epoch.Store(-1)
		r.unfenced.Store(false)
		r.nudge()
		return
	default:
		return
	}
	if resp.ShouldShutDown && r.leaving.Load() {
		n.closeDoorsSoon()
		return
	}
	was := r.unfenced.Swap(!resp.IsFenced)
	switch {
	case r.leaving.Load() && r.asked.Swap(true):
		n.host.AfterFunc(leavePause, r.nudge) // the controller still moves leaders
	case r.leaving.Load():
		r.nudge()
	case was == resp.IsFenced:
		r.nudge()
	}
}

// openDoors starts to serve clients after this node has published the image that unfences it.
func (n *Node) openDoors(image *metadata.Image) {
	if !image.IsActive(n.id) || image.Broker(n.id).Epoch != n.registration.epoch.Load() {
		return
	}
	if !isClosed(n.ready) {
		n.serve()
	}
}
