package broker

import (
	"github.com/gregorhq/gregor/internal/handlers"
	"github.com/gregorhq/gregor/internal/metadata"
	"github.com/gregorhq/gregor/internal/replication"
)

// addAPIs fills the table of everything this node answers.
func (n *Node) addAPIs(sessions *replication.Sessions) {
	topics := topicTable{n}
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
		handlers.JoinGroup(n.groups),
		handlers.SyncGroup(n.groups),
		handlers.Heartbeat(n.groups),
		handlers.LeaveGroup(n.groups),
		handlers.OffsetCommit(n.groups, topics),
		handlers.OffsetFetch(n.groups, topics),
		handlers.OffsetDelete(n.groups, topics),
		handlers.DescribeGroups(n.groups),
		handlers.ListGroups(n.groups),
		handlers.DeleteGroups(n.groups),

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
	for _, a := range handlers.ControllerAPIs(handlers.Forwarding{Controller: n.controller, NodeID: n.id, Loggers: n.brokerLoggers()}) {
		n.registry.Add(a)
	}
}

// published is the image that clients are told of: every partition in it is in place on this node.
type published struct{ n *Node }

func (p published) Image() *metadata.Image { return p.n.image.Load() }

func (n *Node) metadataSource() handlers.MetadataSource {
	src := handlers.MetadataSource{Images: published{n}, ClusterID: n.ids.cluster, NodeID: n.id}
	if n.opts.Config.Bool("auto.create.topics.enable") {
		src.AutoCreate = n.autoCreator
	}
	return src
}
