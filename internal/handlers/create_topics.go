package handlers

// CreateTopics (key 19), versions 2-7.
//
// v5: flexible; the answer carries partitions, replicas and configs of the new topic (KIP-525), and
// -1 for partitions or replication factor means the broker's default (KIP-464; served in all
// versions, as Kafka does). v6: quota errors (KIP-599). v7: topic ids (KIP-516). The active
// controller decides; the answer waits for the commit and for the publication on this node.
//
// Deviation: of two names in one request that differ only in '.' and '_', the second is refused
// with INVALID_TOPIC_EXCEPTION, as beside an existing topic. Kafka compares with existing topics
// only, and creates both.

import "github.com/gregorhq/gregor/internal/controller"

var _ = forward(2, 7, controller.CreateTopics)
