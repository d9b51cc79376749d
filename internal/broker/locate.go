package broker

import (
	"strconv"

	"github.com/gregorhq/gregor/internal/handlers"
)

func brokerName(id int32) string { return strconv.Itoa(int(id)) }

// locator finds group coordinators and makes __consumer_offsets when it is first needed.
type locator struct{ n *Node }

// GroupCoordinator implements handlers.CoordinatorLocator.
func (l locator) GroupCoordinator(key, listener string) (handlers.Coordinator, bool) {
	image := l.n.image.Load()
	topic := image.Topics().ByName(offsetsTopic)
	if topic == nil {
		l.n.autoCreator.Create(brokerPrincipal, offsetsTopic)
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
