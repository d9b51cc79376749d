package broker

import (
	"github.com/gregorhq/gregor/internal/handlers"
	"github.com/gregorhq/gregor/internal/replication"
)

// addAPIs fills the table of everything this node answers.
func (n *Node) addAPIs() {
	topics := topicTable{n}
	for _, a := range []handlers.API{
		handlers.Produce(n.replicas),
		handlers.Fetch(n.replicas, replication.NewSessions(n.opts.Config.Int("max.incremental.fetch.session.cache.slots"))),
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

		handlers.APIVersions(n.registry, apiVersionsSource{n}),
	} {
		n.registry.Add(a)
	}
}
