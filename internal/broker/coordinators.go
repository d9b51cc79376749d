package broker

import (
	"strconv"

	"github.com/gregorhq/gregor/internal/handlers"
	"github.com/gregorhq/gregor/internal/metadata"
	"github.com/gregorhq/gregor/internal/protocol"
	"github.com/gregorhq/gregor/internal/shard"
	"github.com/gregorhq/gregor/internal/topicname"
)

// coordinatorKind is one kind of coordinator. Everything that the node does for coordinators goes
// through the table of kinds.
type coordinatorKind struct {
	// keyType is the number of the kind in FindCoordinator.
	keyType int8
	topic   shard.Topic
	// engine is nil for a kind that this version does not serve. refusal is then the answer of
	// FindCoordinator.
	engine  coordinatorEngine
	refusal *handlers.CoordinatorRefusal
	apis    []handlers.API
	// registerMetrics registers the kind's series. It may be nil.
	registerMetrics func()
}

// coordinatorEngine is a coordinator.Runtime with a core of any type.
type coordinatorEngine interface {
	PartitionFor(key string) int32
	Load(partition, leaderEpoch int32)
	Unload(partition, leaderEpoch int32)
	UnloadAll()
	TopicsDeleted(names []string)
	Close()
}

// coordinatorKinds makes the table.
func (n *Node) coordinatorKinds() []coordinatorKind {
	return []coordinatorKind{
		n.groupCoordinator(),
		{
			keyType: 1, // transactions
			refusal: &handlers.CoordinatorRefusal{
				Err: protocol.ErrInvalidRequest, ErrBeforeBatches: protocol.ErrTransactionalIDAuthorizationFailed,
				Message: "Transactions are not served by this version of gregor.", Unserved: "transactions",
			},
			topic: shard.Topic{
				Name: topicname.TransactionState, PartitionsKey: "transaction.state.log.num.partitions", FactorKey: "transaction.state.log.replication.factor",
				Configs: [][2]string{{"cleanup.policy", "compact"}, {"compression.type", "uncompressed"}, {"unclean.leader.election.enable", "false"}},
				ConfigsFrom: [][2]string{{"min.insync.replicas", "transaction.state.log.min.isr"},
					{"segment.bytes", "transaction.state.log.segment.bytes"}},
			},
		},
		{
			keyType: 2, // share groups
			// Apache Kafka has no message either when share groups are off.
			refusal: &handlers.CoordinatorRefusal{Err: protocol.ErrInvalidRequest, Unserved: "share groups"},
			topic: shard.Topic{
				Name: topicname.ShareGroupState, PartitionsKey: "share.coordinator.state.topic.num.partitions",
				FactorKey: "share.coordinator.state.topic.replication.factor",
				Configs:   [][2]string{{"cleanup.policy", "delete"}, {"compression.type", "producer"}, {"retention.ms", "-1"}},
				ConfigsFrom: [][2]string{{"min.insync.replicas", "share.coordinator.state.topic.min.isr"},
					{"segment.bytes", "share.coordinator.state.topic.segment.bytes"}},
			},
		},
	}
}

// internalTopics returns the topics of all kinds.
func (n *Node) internalTopics() (topics []shard.Topic) {
	for _, k := range n.coordinators {
		topics = append(topics, k.topic)
	}
	return topics
}

// topicPartitions returns the number of partitions of a topic, 0 while it does not exist.
func (n *Node) topicPartitions(name string) int32 {
	if t := n.image.Load().Topics().ByName(name); t != nil {
		return int32(len(t.Partitions))
	}
	return 0
}

// publishCoordinators loads and unloads coordinators with the leadership of their partitions.
func (n *Node) publishCoordinators(p publication) {
	var deleted []string
	for _, t := range p.delta.Topics() {
		if t.New == nil && !topicname.IsInternal(t.Name) {
			deleted = append(deleted, t.Name)
		}
	}
	for _, k := range n.coordinators {
		if k.engine == nil {
			continue
		}
		for _, t := range p.delta.Topics() {
			if t.Name == k.topic.Name {
				n.followLeaders(k.engine, t)
			}
		}
		if len(deleted) > 0 {
			k.engine.TopicsDeleted(deleted)
		}
	}
}

func (n *Node) followLeaders(engine coordinatorEngine, t *metadata.TopicDelta) {
	if t.New == nil {
		engine.UnloadAll()
		return
	}
	for _, index := range t.Changed {
		part := t.New.Partitions[index]
		if part.Leader == n.id {
			engine.Load(index, part.LeaderEpoch)
		} else {
			engine.Unload(index, part.LeaderEpoch)
		}
	}
}

// unloadCoordinators answers the requests that wait for a coordinator of this node.
func (n *Node) unloadCoordinators() {
	for _, k := range n.coordinators {
		if k.engine != nil {
			k.engine.UnloadAll()
		}
	}
}

func (n *Node) closeCoordinators() {
	for _, k := range n.coordinators {
		if k.engine != nil {
			k.engine.Close()
		}
	}
}

func brokerName(id int32) string { return strconv.Itoa(int(id)) }

// locator finds coordinators. It creates the topic of a coordinator at the first request.
type locator struct{ n *Node }

// Locate implements handlers.CoordinatorLocator.
func (l locator) Locate(keyType int8, key, listener string) (handlers.Coordinator, *handlers.CoordinatorRefusal) {
	for _, k := range l.n.coordinators {
		if k.keyType != keyType {
			continue
		}
		if k.engine == nil {
			return handlers.Coordinator{}, k.refusal
		}
		at, ok := l.find(k, key, listener)
		if !ok {
			return at, &handlers.CoordinatorRefusal{Err: protocol.ErrCoordinatorNotAvailable}
		}
		return at, nil
	}
	return handlers.Coordinator{}, &handlers.CoordinatorRefusal{Err: protocol.ErrInvalidRequest, Message: protocol.ErrInvalidRequest.Message()}
}

func (l locator) find(k coordinatorKind, key, listener string) (at handlers.Coordinator, ok bool) {
	image := l.n.image.Load()
	t := image.Topics().ByName(k.topic.Name)
	if t == nil {
		l.n.autoCreator.Create(l.n.request(0), k.topic.Name)
		return at, false
	}
	p := t.Partition(k.engine.PartitionFor(key))
	if p == nil {
		return at, false
	}
	b := image.Broker(p.Leader)
	if b == nil || b.Fenced {
		return at, false
	}
	e, ok := b.Endpoint(listener)
	if !ok {
		return at, false
	}
	return handlers.Coordinator{NodeID: b.ID, Host: e.Host, Port: int32(e.Port)}, true
}
