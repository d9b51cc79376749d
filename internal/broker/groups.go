package broker

import (
	"time"

	"github.com/gregorhq/gregor/internal/coordinator"
	"github.com/gregorhq/gregor/internal/group"
	"github.com/gregorhq/gregor/internal/protocol/wire"
	"github.com/gregorhq/gregor/record"
)

func (n *Node) groupOptions() coordinator.GroupsOptions {
	return coordinator.GroupsOptions{
		Log:            n.replicas.CoordinatorLog(offsetsTopic),
		Partitions:     n.offsetsPartitions,
		Config:         n.groupConfig,
		Host:           n.host,
		WriteTimeoutMs: func() int64 { return n.config.Int64("offsets.commit.timeout.ms") },
		Codec:          func() record.Codec { return record.Codec(n.config.Int("offsets.topic.compression.codec")) },
		LingerMs:       func() int64 { return n.config.Int64("group.coordinator.append.linger.ms") },
		Logger:         n.opts.logger("groups"),
		Loaded:         func(took time.Duration) { n.groupLoads.Observe(n.host.Now(), took) },
	}
}

func (n *Node) groupConfig() group.Config {
	cfg := n.config
	return group.Config{
		InitialRebalanceDelayMs: cfg.Int64("group.initial.rebalance.delay.ms"),
		MinSessionTimeoutMs:     int32(cfg.Int("group.min.session.timeout.ms")),
		MaxSessionTimeoutMs:     int32(cfg.Int("group.max.session.timeout.ms")),
		MaxSize:                 cfg.Int("group.max.size"),
		OffsetMetadataMaxBytes:  cfg.Int("offset.metadata.max.bytes"),
		OffsetsRetentionMs:      cfg.Int64("offsets.retention.minutes") * 60_000,
		RetentionCheckMs:        cfg.Int64("offsets.retention.check.interval.ms"),
	}
}

// topicTable answers what group handlers ask of topics.
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
