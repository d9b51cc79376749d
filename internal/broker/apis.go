package broker

import (
	"github.com/gregorhq/gregor/internal/handlers"
	"github.com/gregorhq/gregor/internal/metadata"
	"github.com/gregorhq/gregor/internal/replication"
)

// addAPIs fills the table of the APIs that this node serves.
func (n *Node) addAPIs(sessions *replication.Sessions) {
	images := published{n}
	for _, a := range []handlers.API{
		handlers.Produce(n.replicas),
		handlers.Fetch(n.replicas, sessions),
		handlers.ListOffsets(n.replicas),
		handlers.DeleteRecords(n.replicas),
		handlers.OffsetForLeaderEpoch(n.replicas),
		handlers.DescribeProducers(n.replicas),
		handlers.DescribeLogDirs(n.replicas),
		handlers.InitProducerID(idSource{n}),

		handlers.FindCoordinator(locator{n}),
		handlers.ConsumerGroupHeartbeat(),

		handlers.Metadata(n.metadataSource()),
		handlers.DescribeTopicPartitions(images, n.opts.Config.Int("max.request.partition.size.limit")),
		handlers.DescribeCluster(images, n.ids.cluster, n.id),
		handlers.DescribeConfigs(handlers.ConfigDescriber{Images: images, Static: n.opts.Config, NodeID: n.id, Loggers: n.brokerLoggers()}),
		handlers.ListConfigResources(images),
		handlers.DescribeQuorum(n.quorum),

		handlers.SaslHandshake(),
		handlers.SaslAuthenticate(),
		handlers.APIVersions(n.registry, apiVersionsSource{n}),
	} {
		n.registry.Add(a)
	}
	for _, k := range n.coordinators {
		for _, a := range k.apis {
			n.registry.Add(a)
		}
	}
	for _, a := range handlers.ControllerAPIs(handlers.Forwarding{Controller: n.controller, NodeID: n.id, Loggers: n.brokerLoggers()}) {
		n.registry.Add(a)
	}
}

// addControllerAPIs fills the table of the controller listeners.
func (n *Node) addControllerAPIs() {
	n.controllerRegistry = handlers.NewControllerRegistry(n.registry, apiVersionsSource{n}, handlers.DescribeControllers(controllers{published{n}}, n.ids.cluster))
}

// controllers implements handlers' view of the controllers.
type controllers struct{ published }

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

// published is the image from which handlers answer clients. Every partition in it is in place on
// this node.
type published struct{ n *Node }

func (p published) Image() *metadata.Image { return p.n.image.Load() }

func (n *Node) metadataSource() handlers.MetadataSource {
	src := handlers.MetadataSource{Images: published{n}, ClusterID: n.ids.cluster, NodeID: n.id}
	if n.opts.Config.Bool("auto.create.topics.enable") {
		src.AutoCreate = n.autoCreator
	}
	return src
}
