package broker

import (
	"github.com/gregorhq/gregor/internal/controller"
	"github.com/gregorhq/gregor/internal/protocol"
)

// visible passes requests that change topics and configurations to the controller and holds each answer back until this
// node has published what the answer speaks of. Kafka answers at the commit, and a client that asks for the topic at once
// on another connection can be told UNKNOWN_TOPIC_OR_PARTITION; some clients then wait for seconds before they ask again.
type visible struct{ n *Node }

// held returns done, delayed until what is committed by then is published here.
func held[Resp any](v visible, done func(Resp)) func(Resp) {
	return func(r Resp) { v.n.publications.then(func() { done(r) }) }
}

// CreateTopics implements handlers.TopicCreator.
func (v visible) CreateTopics(ctx controller.Request, r *protocol.CreateTopicsRequest, done func(*protocol.CreateTopicsResponse)) {
	v.n.quorum.CreateTopics(ctx, r, held(v, done))
}

// DeleteTopics implements handlers.TopicDeleter.
func (v visible) DeleteTopics(ctx controller.Request, r *protocol.DeleteTopicsRequest, done func(*protocol.DeleteTopicsResponse)) {
	v.n.quorum.DeleteTopics(ctx, r, held(v, done))
}

// CreatePartitions implements handlers.PartitionCreator.
func (v visible) CreatePartitions(ctx controller.Request, r *protocol.CreatePartitionsRequest, done func(*protocol.CreatePartitionsResponse)) {
	v.n.quorum.CreatePartitions(ctx, r, held(v, done))
}

// AlterConfigs implements handlers.ConfigReplacer.
func (v visible) AlterConfigs(ctx controller.Request, r *protocol.AlterConfigsRequest, done func(*protocol.AlterConfigsResponse)) {
	v.n.quorum.AlterConfigs(ctx, r, held(v, done))
}

// IncrementalAlterConfigs implements handlers.ConfigAlterer.
func (v visible) IncrementalAlterConfigs(ctx controller.Request, r *protocol.IncrementalAlterConfigsRequest, done func(*protocol.IncrementalAlterConfigsResponse)) {
	v.n.quorum.IncrementalAlterConfigs(ctx, r, held(v, done))
}
