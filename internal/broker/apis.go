package broker

import (
	"github.com/gregorhq/gregor/internal/handlers"
	"github.com/gregorhq/gregor/internal/metadata"
	"github.com/gregorhq/gregor/internal/replication"
)

// addAPIs fills the table of the APIs that this node serves. The file of each API in
// internal/handlers declares it; the lists here are by the component that answers.
func (n *Node) addAPIs(sessions *replication.Sessions) {
	add := func(apis []handlers.API) {
		for _, a := range apis {
			n.registry.Add(a)
		}
	}
	add(handlers.EngineAPIs(handlers.Engines{
		Replicas: n.replicas, Sessions: sessions, Quorum: n.quorum, Coordinators: locator{n},
		ProducerIDs: idSource{n}, AutoCreate: n.autoCreator, Images: publishedImages{n}, Config: n.opts.Config,
		ClusterID: n.ids.cluster, NodeID: n.id, Loggers: n.brokerLoggers(),
		Registry: n.registry, Versions: apiVersionsSource{n},
	}))
	add(handlers.ControllerAPIs(handlers.Forwarding{Controller: n.controller, NodeID: n.id, Loggers: n.brokerLoggers()}))
	for _, k := range n.coordinators {
		add(k.apis)
	}
}

// addControllerAPIs fills the table of the controller listeners.
func (n *Node) addControllerAPIs() {
	describe := handlers.DescribeControllers(controllers{publishedImages{n}}, n.ids.cluster)
	local := handlers.Forwarding{Controller: publishedChannel{n, n.quorum}, NodeID: n.id, Loggers: n.brokerLoggers(), Applied: n.appliedOffset}
	n.controllerRegistry = handlers.NewControllerRegistry(n.registry, apiVersionsSource{n}, describe, local,
		handlers.RaftAPIs(handlers.Raft{Quorum: n.quorum, ClusterID: n.ids.cluster})...)
}

// controllers implements handlers' view of the controllers.
type controllers struct{ publishedImages }

func (c controllers) ActiveController() int32 { return c.n.quorum.Status().LeaderID }

// isController reports whether a listener is one of controller.listener.names.
func (n *Node) isController(listener string) bool {
	for _, l := range n.opts.Config.Listeners() {
		if l.Name == listener {
			return l.Controller
		}
	}
	return false
}

// publishedImages has the image from which handlers answer clients. Every partition in it is in
// place on this node.
type publishedImages struct{ n *Node }

func (p publishedImages) Image() *metadata.Image { return p.n.image.Load() }
