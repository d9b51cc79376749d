package group

import (
	"github.com/gregorhq/gregor/internal/protocol"
	"github.com/gregorhq/gregor/internal/shard"
	"github.com/gregorhq/gregor/internal/topicname"
)

// API is a request that the group coordinator decides. Each command's file declares it.
type API[Q, R any] = shard.API[*Shard, Q, R]

// Channel carries requests to group coordinators.
type Channel = shard.Channel[*Shard]

// Topic is the topic of the group coordinator.
var Topic = shard.Topic{
	Name: topicname.ConsumerOffsets, PartitionsKey: "offsets.topic.num.partitions", FactorKey: "offsets.topic.replication.factor",
	Configs:     [][2]string{{"cleanup.policy", "compact"}, {"compression.type", "producer"}},
	ConfigsFrom: [][2]string{{"segment.bytes", "offsets.topic.segment.bytes"}},
}

// checkGroupID refuses the empty group id.
func checkGroupID(id string) protocol.Error {
	if id == "" {
		return protocol.ErrInvalidGroupID
	}
	return protocol.ErrNone
}
