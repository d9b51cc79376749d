package broker

import (
	"sync"
	"time"

	"github.com/gregorhq/gregor/internal/coordinator"
	"github.com/gregorhq/gregor/internal/group"
	"github.com/gregorhq/gregor/internal/handlers"
	"github.com/gregorhq/gregor/internal/protocol/wire"
	"github.com/gregorhq/gregor/internal/telemetry"
	"github.com/gregorhq/gregor/record"
)

// groups is the group coordinator of the node.
type groups struct {
	n  *Node
	rt *coordinator.Runtime[*group.Shard]

	mu sync.Mutex
	// counts are the numbers of each active partition. past holds the totals of unloaded
	// partitions, so that counters never decrease.
	counts map[int32]group.Counts
	past   group.Counts
	loads  telemetry.Recent
}

// groupCoordinator makes the kind of coordinator for consumer groups and their offsets.
func (n *Node) groupCoordinator() coordinatorKind {
	g := &groups{n: n, counts: map[int32]group.Counts{}}
	g.rt = coordinator.New(coordinator.Options[*group.Shard]{
		Topic:          group.Topic.Name,
		Log:            n.replicas.CoordinatorLog(group.Topic.Name),
		Partitions:     func() int32 { return n.topicPartitions(group.Topic.Name) },
		New:            g.newShard,
		Host:           n.host,
		WriteTimeoutMs: func() int64 { return n.config.Int64("offsets.commit.timeout.ms") },
		Codec:          func() record.Codec { return record.Codec(n.config.Int("offsets.topic.compression.codec")) },
		LingerMs:       func() int64 { return n.config.Int64("group.coordinator.append.linger.ms") },
		Logger:         n.opts.logger("groups"),
		AfterStep:      g.publish,
		Stopped:        g.unpublish,
		Loaded:         func(took time.Duration) { g.loads.Observe(n.host.Now(), took) },
	})
	return coordinatorKind{
		keyType: 0, topic: group.Topic, engine: g.rt, registerMetrics: g.registerMetrics,
		apis: handlers.GroupAPIs(handlers.GroupCoordination{Groups: g.rt, Topics: topicTable{n}}),
	}
}

func (g *groups) newShard(maxRecordBytes func() int) *group.Shard {
	return group.New(func() group.Config {
		c := g.n.groupConfig()
		c.MaxRecordBytes = maxRecordBytes()
		return c
	})
}

// publish keeps the numbers of a partition for metrics.
func (g *groups) publish(partition int32, s *group.Shard) {
	c := s.Counts()
	g.mu.Lock()
	g.counts[partition] = c
	g.mu.Unlock()
}

func (g *groups) unpublish(partition int32) {
	g.mu.Lock()
	g.past.Add(g.counts[partition].Totals())
	delete(g.counts, partition)
	g.mu.Unlock()
}

// sum returns the numbers of all partitions.
func (g *groups) sum() group.Counts {
	g.mu.Lock()
	defer g.mu.Unlock()
	sum := g.past
	for _, c := range g.counts { // any order: a sum
		sum.Add(c)
	}
	return sum
}

func (n *Node) groupConfig() group.Config {
	cfg := n.config
	return group.Config{
		InitialRebalanceDelayMs: cfg.Int64("group.initial.rebalance.delay.ms"),
		MinSessionTimeoutMs:     int32(cfg.Int("group.min.session.timeout.ms")),
		MaxSessionTimeoutMs:     int32(cfg.Int("group.max.session.timeout.ms")),
		MaxSize:                 cfg.Int("group.max.size"),
		OffsetMetadataMaxLength: cfg.Int("offset.metadata.max.bytes"),
		OffsetsRetentionMs:      cfg.Int64("offsets.retention.minutes") * 60_000,
		RetentionCheckMs:        cfg.Int64("offsets.retention.check.interval.ms"),
	}
}

// topicTable implements handlers.GroupTopics.
type topicTable struct{ n *Node }

func (t topicTable) TopicID(name string) (id wire.UUID) {
	if topic := t.n.image.Load().Topics().ByName(name); topic != nil {
		id = topic.ID
	}
	return id
}

func (t topicTable) TopicName(id wire.UUID) string {
	if topic := t.n.image.Load().Topics().ByID(id); topic != nil {
		return topic.Name
	}
	return ""
}

func (t topicTable) PartitionCount(name string) int32 {
	if topic := t.n.image.Load().Topics().ByName(name); topic != nil {
		return int32(len(topic.Partitions))
	}
	return 0
}
