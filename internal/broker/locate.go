package broker

import (
	"strconv"

	"github.com/gregorhq/gregor/internal/handlers"
	"github.com/gregorhq/gregor/internal/protocol"
	"github.com/gregorhq/gregor/internal/quorum"
)

func brokerName(id int32) string { return strconv.Itoa(int(id)) }

// locator finds group coordinators and makes __consumer_offsets when it is first needed.
type locator struct{ n *Node }

// GroupCoordinator implements handlers.CoordinatorLocator.
func (l locator) GroupCoordinator(key, listener string) (handlers.Coordinator, bool) {
	image := l.n.image.Load()
	topic := image.Topics().ByName(offsetsTopic)
	if topic == nil {
		l.n.createOffsetsTopic()
		return handlers.Coordinator{}, false
	}
	p := topic.Partition(l.n.groups.PartitionFor(key))
	if p == nil {
		return handlers.Coordinator{}, false
	}
	b := image.Broker(p.Leader)
	if b == nil || b.Fenced {
		return handlers.Coordinator{}, false
	}
	e, ok := b.Endpoint(listener)
	if !ok {
		return handlers.Coordinator{}, false
	}
	return handlers.Coordinator{NodeID: b.ID, Host: e.Host, Port: int32(e.Port)}, true
}

// offsetsPartitions is the partition count of __consumer_offsets, 0 while it does not exist.
func (n *Node) offsetsPartitions() int32 {
	if t := n.image.Load().Topics().ByName(offsetsTopic); t != nil {
		return int32(len(t.Partitions))
	}
	return 0
}

// createOffsetsTopic asks the controller for __consumer_offsets, once at a time.
func (n *Node) createOffsetsTopic() {
	if !n.creatingOffsets.CompareAndSwap(false, true) {
		return
	}
	cfg := n.config.Load()
	topic := *protocol.New[protocol.CreateTopicsRequestCreatableTopic]()
	topic.Name = offsetsTopic
	topic.NumPartitions = int32(cfg.Int("offsets.topic.num.partitions"))
	topic.ReplicationFactor = int16(cfg.Int("offsets.topic.replication.factor"))
	// One broker alone could never make the topic with Kafka's default of 3; a factor that was set is meant.
	if !cfg.IsSet("offsets.topic.replication.factor") {
		topic.ReplicationFactor = min(topic.ReplicationFactor, int16(n.activeBrokers()))
	}
	for k, v := range map[string]string{"cleanup.policy": "compact", "compression.type": "producer", "segment.bytes": strconv.Itoa(cfg.Int("offsets.topic.segment.bytes"))} {
		topic.Configs = append(topic.Configs, protocol.CreateTopicsRequestCreatableTopicConfig{Name: k, Value: &v})
	}
	req := protocol.New[protocol.CreateTopicsRequest]()
	req.TimeoutMs = 30000
	req.Topics = append(req.Topics, topic)
	n.quorum.CreateTopics(quorum.Request{Version: 7, Principal: "User:ANONYMOUS"}, req, func(resp *protocol.CreateTopicsResponse) {
		n.creatingOffsets.Store(false)
		for _, t := range resp.Topics {
			if e := protocol.Error(t.ErrorCode); e != protocol.ErrNone && e != protocol.ErrTopicAlreadyExists {
				text := e.Message()
				if t.ErrorMessage != nil {
					text = *t.ErrorMessage
				}
				n.log.Warn("cannot create "+offsetsTopic, "error", e.Name(), "reason", text)
			}
		}
	})
}

func (n *Node) activeBrokers() int {
	count := 0
	for b := range n.image.Load().Brokers() {
		if !b.Fenced {
			count++
		}
	}
	return count
}
