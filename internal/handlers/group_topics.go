package handlers

import (
	"sync"

	"github.com/gregorhq/gregor/internal/protocol/wire"
)

// GroupTopics is the part of the metadata image that the group handlers use.
type GroupTopics interface {
	// TopicID returns the zero id for an unknown topic.
	TopicID(name string) wire.UUID
	// TopicName returns "" for an unknown id.
	TopicName(id wire.UUID) string
	// PartitionCount is 0 for an unknown topic.
	PartitionCount(name string) int32
}

// authorizedGroupOperations are all operations on a group as a bit field: READ, DELETE, DESCRIBE,
// DESCRIBE_CONFIGS, ALTER_CONFIGS. Without an authorizer every client may do all of them.
const authorizedGroupOperations = 1<<3 | 1<<6 | 1<<8 | 1<<10 | 1<<11

// mergeTopics adds answers to others, with one entry per topic: a topic may have partitions in
// both. key identifies a topic. The work grows with the answers and not with their square.
func mergeTopics[T, P any, K comparable](to, more []T, key func(*T) K, partitions func(*T) *[]P) []T {
	at := make(map[K]int, len(to)+len(more))
	for i := range to {
		at[key(&to[i])] = i
	}
	for i := range more {
		k := key(&more[i])
		if same, ok := at[k]; ok {
			have := partitions(&to[same])
			*have = append(*have, *partitions(&more[i])...)
			continue
		}
		at[k] = len(to)
		to = append(to, more[i])
	}
	return to
}

// gather calls done when n parts have reported.
func gather(n int, done func()) (part func(set func())) {
	if n == 0 {
		done()
		return nil
	}
	var mu sync.Mutex
	return func(set func()) {
		mu.Lock()
		set()
		n--
		last := n == 0
		mu.Unlock()
		if last {
			done()
		}
	}
}
