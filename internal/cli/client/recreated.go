package client

import (
	"context"
	"errors"
	"maps"
	"slices"
	"sync"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
)

// recreated holds what a consumer knows about topics that were deleted and created again. The
// library reads the first topic of a name only, until it has forgotten the name.
type recreated struct {
	// suspects are the topics whose id a broker did not know, with that id.
	suspects map[string][16]byte

	mu sync.Mutex
	// fresh are the topics that were created again. They are read from their begin where the group
	// has no offset: all of their records are newer than the consumer. The library asks from
	// another goroutine.
	fresh map[string]bool
}

// suspect notes the topics of a poll whose id a broker does not know.
func (c *Consumer) suspect(f kgo.Fetches) {
	f.EachTopic(func(t kgo.FetchTopic) {
		t.EachPartition(func(p kgo.FetchPartition) {
			if unknownID(p.Err) && t.TopicID != [16]byte{} {
				c.recreated.suspects[t.Topic] = t.TopicID
			}
		})
	})
}

// unknownID reports whether a broker knows no topic of an id.
func unknownID(err error) bool {
	return errors.Is(err, kerr.UnknownTopicID) || errors.Is(err, kerr.InconsistentTopicID)
}

// revive subscribes again to the suspects that have another id now. The others are asked about
// after the next error.
func (c *Consumer) revive(ctx context.Context) {
	if len(c.recreated.suspects) == 0 {
		return
	}
	old := c.recreated.suspects
	c.recreated.suspects = map[string][16]byte{}
	names := slices.Sorted(maps.Keys(old))
	ctx, cancel := context.WithTimeout(ctx, findTime)
	defer cancel()
	md, err := Metadata(ctx, c.Admin, names)
	if err != nil {
		return // the library meets the same error
	}
	for _, t := range md.Topics {
		if t.ErrorCode == 0 && t.Topic != nil && t.TopicID != [16]byte{} && t.TopicID != old[*t.Topic] {
			c.subscribeAgain(*t.Topic)
		}
	}
}

func (c *Consumer) subscribeAgain(topic string) {
	c.recreated.mu.Lock()
	c.recreated.fresh[topic] = true
	c.recreated.mu.Unlock()
	maps.DeleteFunc(c.next, func(p position, _ int64) bool { return p.topic == topic })
	c.PurgeTopicsFromConsuming(topic)
	if len(c.Start) == 0 {
		c.AddConsumeTopics(topic)
		c.ForceMetadataRefresh() // finds the topic of a regular expression
		return
	}
	begin := map[int32]kgo.Offset{}
	for p := range c.Start {
		begin[p] = kgo.NewOffset().AtStart()
	}
	c.AddConsumePartitions(map[string]map[int32]kgo.Offset{topic: begin})
}

// adjust is a kgo.AdjustFetchOffsetsFn. An offset below 0 means that the group has none.
func (c *Consumer) adjust(_ context.Context, offsets map[string]map[int32]kgo.Offset) (map[string]map[int32]kgo.Offset, error) {
	c.recreated.mu.Lock()
	defer c.recreated.mu.Unlock()
	for topic, parts := range offsets {
		for p, at := range parts {
			if c.recreated.fresh[topic] && at.EpochOffset().Offset < 0 {
				parts[p] = kgo.NewOffset().AtStart()
			}
		}
	}
	return offsets, nil
}
