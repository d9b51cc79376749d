package groups

import (
	"cmp"
	"fmt"

	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/gregorhq/gregor/internal/cli/client"
)

type partition struct {
	topic string
	index int32
}

func (p partition) topicName() string { return p.topic }

func (p partition) String() string { return fmt.Sprintf("%s-%d", p.topic, p.index) }

// byTopic groups what belongs to one topic, topics in the order in which they first appear.
func byTopic[T interface{ topicName() string }](all []T) (groups [][]T) {
	at := map[string]int{}
	for _, x := range all {
		i, ok := at[x.topicName()]
		if !ok {
			i = len(groups)
			at[x.topicName()] = i
			groups = append(groups, nil)
		}
		groups[i] = append(groups[i], x)
	}
	return groups
}

// comparePartitions orders partitions by topic and number.
func comparePartitions(a, b partition) int {
	return cmp.Or(cmp.Compare(a.topic, b.topic), cmp.Compare(a.index, b.index))
}

type committed struct {
	offset int64
	epoch  int32
}

// committedOffsets are a group's positions; a group that does not exist has none.
func (c *command) committedOffsets(group string) (map[partition]committed, error) {
	ctx, cancel := c.call()
	defer cancel()
	req := kmsg.NewPtrOffsetFetchRequest()
	req.Group = group
	g := kmsg.NewOffsetFetchRequestGroup()
	g.Group = group
	req.Groups = append(req.Groups, g)
	resp, err := client.Ask(ctx, c.cl, req)
	if err != nil {
		return nil, client.Unreachable("listConsumerGroupOffsets", err)
	}
	out := map[partition]committed{}
	for _, g := range resp.Groups {
		if err := client.Err(g.ErrorCode, nil); err != nil {
			return nil, err
		}
		for _, t := range g.Topics {
			for _, p := range t.Partitions {
				if p.ErrorCode == 0 && p.Offset >= 0 {
					out[partition{t.Topic, p.Partition}] = committed{p.Offset, p.LeaderEpoch}
				}
			}
		}
	}
	return out, nil
}

// topic is the metadata of a topic.
type topic struct {
	err     error
	leaders map[int32]int32
}

// topics describes topics; each may have an error of its own.
func (c *command) topics(names []string) (map[string]topic, error) {
	out := map[string]topic{}
	if len(names) == 0 {
		return out, nil
	}
	ctx, cancel := c.call()
	defer cancel()
	md, err := client.Metadata(ctx, c.cl, names)
	if err != nil {
		return nil, client.Unreachable("describeTopics", err)
	}
	for _, t := range md.Topics {
		d := topic{err: client.Err(t.ErrorCode, nil), leaders: map[int32]int32{}}
		for _, p := range t.Partitions {
			d.leaders[p.Partition] = p.Leader
		}
		out[*t.Topic] = d
	}
	return out, nil
}

// Moments of ListOffsets.
const (
	latest   = -1
	earliest = -2
)

// listOffsets asks for one moment of partitions. Those without an answer are left out; -1 is an
// offset that is not there.
func (c *command) listOffsets(ps []partition, at int64) (map[partition]int64, error) {
	out := map[partition]int64{}
	if len(ps) == 0 {
		return out, nil
	}
	ctx, cancel := c.call()
	defer cancel()
	req := kmsg.NewPtrListOffsetsRequest()
	for _, same := range byTopic(ps) {
		t := kmsg.NewListOffsetsRequestTopic()
		t.Topic = same[0].topic
		for _, p := range same {
			rp := kmsg.NewListOffsetsRequestTopicPartition()
			rp.Partition, rp.Timestamp = p.index, at
			t.Partitions = append(t.Partitions, rp)
		}
		req.Topics = append(req.Topics, t)
	}
	resp, err := client.Ask(ctx, c.cl, req)
	if err != nil {
		return nil, client.Unreachable("listOffsets", err)
	}
	for _, t := range resp.Topics {
		for _, p := range t.Partitions {
			if err := client.Err(p.ErrorCode, nil); err != nil {
				return nil, err
			}
			out[partition{t.Topic, p.Partition}] = p.Offset
		}
	}
	return out, nil
}
