package broker

import (
	"io"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/gregorhq/gregor/internal/client"
	"github.com/gregorhq/gregor/internal/config"
	"github.com/gregorhq/gregor/internal/controller"
	"github.com/gregorhq/gregor/internal/forwarding"
	"github.com/gregorhq/gregor/internal/handlers"
	"github.com/gregorhq/gregor/internal/host"
	"github.com/gregorhq/gregor/internal/logmanager"
	"github.com/gregorhq/gregor/internal/metadata"
	"github.com/gregorhq/gregor/internal/protocol/wire"
	"github.com/gregorhq/gregor/internal/quorum"
	"github.com/gregorhq/gregor/internal/replication"
	"github.com/gregorhq/gregor/internal/telemetry"
	"github.com/gregorhq/gregor/vfs"
)

// Node is a broker, a controller or both (process.roles): the engines, and a front end for clients.
// A node that is only a controller has no replicas, coordinators and heartbeats.
//
// Events drive it. Begin and BeginStop return at once, and everything between them happens in
// functions that the host runs. Start and Stop, in run.go, wait for those events.
type Node struct {
	opts Options
	log  *slog.Logger
	host host.Host
	id   int32
	// ids are the identities that meta.properties of the directories states.
	ids identity

	config *config.Dynamic
	// image is the last fully published image. Answers to clients come from it.
	image atomic.Pointer[metadata.Image]
	// appliedMs is the timestamp of the last change in image.
	appliedMs atomic.Int64

	quorum *quorum.Controller
	// controller carries requests of the node and of clients to the active controller.
	controller controller.Channel
	forwarding *forwarding.Channel
	// peers are the connections to other nodes, nil for none. sockets carries them, unless
	// Options.Transport does.
	peers   *client.Pool
	sockets *client.Sockets
	logs    *logmanager.Manager
	// metadataLock locks the directory of the metadata log. It is nil when the metadata log is in a
	// log directory.
	metadataLock io.Closer
	replicas     *replication.Manager
	coordinators []coordinatorKind
	registry     *handlers.Registry
	// controllerRegistry is the table of the controller listeners.
	controllerRegistry *handlers.Registry
	front              FrontEnd
	metrics            *requestMetrics
	elections          elections
	// Telemetry holds the series of /metrics. Health holds the checks of /healthz and /readyz.
	Telemetry *telemetry.Registry
	Health    *telemetry.Health

	publications *publications
	loaded       bool            // by the publisher only
	warned       map[string]bool // dynamic keys without effect that were logged; by the publisher only
	autoCreator  *quorum.AutoCreator
	registration registration
	// ownController is this node's registration as a controller, nil for a node without that role.
	// registeringController says that a request for it is in flight.
	ownController         *metadata.ControllerNode
	registeringController atomic.Bool
	producerIDs           producerIDs
	assignments           assignments

	// joined is the time (host.Elapsed) at which the broker began to register.
	joined time.Duration

	publisher, heartbeats, ticks *host.Loop
	life                         lifecycle
	// ready is closed when the node is unfenced and serves.
	ready chan struct{}
	done  chan struct{}
	// failure is the reason why the node stopped by itself.
	failure atomic.Pointer[error]
}

// New makes a node. It touches no file and opens no socket; Begin does.
func New(o Options) *Node {
	if o.FS == nil {
		o.FS = vfs.OS()
	}
	if o.Host == nil {
		o.Host = host.Real()
	}
	n := &Node{
		opts: o, config: config.NewDynamic(o.Config), log: o.logger("broker"), host: o.Host, id: o.Config.NodeID(), front: o.FrontEnd,
		ready: make(chan struct{}), done: make(chan struct{}),
		Telemetry: telemetry.NewRegistry(), Health: telemetry.NewHealth(), warned: map[string]bool{},
	}
	n.publisher = host.NewLoop(n.host, n.publishAll)
	n.heartbeats = host.NewLoop(n.host, n.beat)
	n.ticks = host.NewLoop(n.host, n.tick)
	n.publications = newPublications(n.publisher.Wake)
	n.registration.wake = func() {}
	if n.isBroker() {
		n.registration.wake = n.heartbeats.Wake
	}
	n.registration.epoch.Store(-1)
	n.registry = handlers.NewRegistry()
	n.registry.SetLogger(n.log)
	n.metrics = newRequestMetrics(n.Telemetry, n.host)
	n.image.Store(metadata.Empty())
	n.life.init()
	if n.front == nil {
		n.front = newSockets(n)
	}
	return n
}

func (n *Node) nowMs() int64 { return host.Millis(n.host) }

// elapsedMs returns the host's elapsed time in milliseconds, at least 1. A change of the wall clock
// does not affect it.
func (n *Node) elapsedMs() int64 { return host.ElapsedMillis(n.host) }

// Registry is the table of the APIs that the node serves. A front end hands requests to it.
func (n *Node) Registry() *handlers.Registry { return n.registry }

// Ready returns a channel that is closed when the node serves.
func (n *Node) Ready() <-chan struct{} { return n.ready }

// Done returns a channel that is closed when the node has stopped, by Stop or by itself. Err
// distinguishes the two.
func (n *Node) Done() <-chan struct{} { return n.done }

// ClusterID returns the cluster's id.
func (n *Node) ClusterID() string { return n.ids.cluster }

// NodeID returns the broker's id.
func (n *Node) NodeID() int32 { return n.id }

// identity is the content of meta.properties that names the node.
type identity struct {
	cluster     string
	metadataDir wire.UUID
	logDirs     []wire.UUID
}
