package topics

import (
	"errors"
	"slices"

	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/gregorhq/gregor/internal/cli/client"
	"github.com/gregorhq/gregor/internal/protocol"
)

// defaultPageSize is the default of --partition-size-limit-per-response.
const defaultPageSize = 2000

// byName describes topics by DescribeTopicPartitions (KIP-966), whose answers come in pages, or by
// Metadata where the cluster is older.
func (c *command) byName(names []string) ([]*topic, error) {
	ok, err := client.Supports(c.ctx, c.cl, kmsg.DescribeTopicPartitions.Int16())
	if err != nil {
		return nil, client.Unreachable("describeTopics", err)
	}
	found := map[string]*topic{}
	if ok {
		err = c.pages(names, found)
	} else {
		err = c.metadata(names, found)
	}
	if err != nil {
		return nil, client.Unreachable("describeTopics", err)
	}
	var topics []*topic
	for _, n := range names {
		if t := found[n]; t != nil {
			slices.SortFunc(t.partitions, func(a, b partition) int { return int(a.id) - int(b.id) })
			topics = append(topics, t)
		}
	}
	return topics, nil
}

func (c *command) pages(names []string, found map[string]*topic) error {
	req := kmsg.NewPtrDescribeTopicPartitionsRequest()
	req.ResponsePartitionLimit = defaultPageSize
	if c.set.Has(c.pageSize) {
		req.ResponsePartitionLimit = int32(c.set.Int(c.pageSize))
	}
	for _, n := range sorted(slices.Clone(names)) {
		t := kmsg.NewDescribeTopicPartitionsRequestTopic()
		t.Topic = n
		req.Topics = append(req.Topics, t)
	}
	for {
		resp, err := client.Ask(c.ctx, c.cl, req)
		if err != nil {
			return err
		}
		for i := range resp.Topics {
			if err := addPage(&resp.Topics[i], found); err != nil {
				return err
			}
		}
		next := resp.NextCursor
		if next == nil || req.Cursor != nil && req.Cursor.Topic == next.Topic && req.Cursor.Partition == next.Partition {
			return nil
		}
		cursor := kmsg.NewDescribeTopicPartitionsRequestCursor()
		cursor.Topic, cursor.Partition = next.Topic, next.Partition
		req.Cursor = &cursor
		req.Topics = slices.DeleteFunc(req.Topics, func(t kmsg.DescribeTopicPartitionsRequestTopic) bool { return t.Topic < next.Topic })
	}
}

func addPage(rt *kmsg.DescribeTopicPartitionsResponseTopic, found map[string]*topic) error {
	if err := client.Err(rt.ErrorCode, nil); err != nil || rt.Topic == nil {
		return err
	}
	t := found[*rt.Topic]
	if t == nil {
		t = &topic{name: *rt.Topic, id: rt.TopicID}
		found[t.name] = t
	}
	for _, p := range rt.Partitions {
		t.partitions = append(t.partitions, partition{
			id: p.Partition, leader: p.LeaderID, replicas: p.Replicas, isr: p.ISR,
			elr: p.EligibleLeaderReplicas, lastELR: p.LastKnownELR, hasELR: true,
		})
	}
	return nil
}

func (c *command) metadata(names []string, found map[string]*topic) error {
	md, err := client.Metadata(c.ctx, c.cl, names)
	if err != nil {
		return err
	}
	for _, rt := range md.Topics {
		if err := client.Err(rt.ErrorCode, nil); err != nil {
			return err
		}
		t := &topic{name: *rt.Topic, id: rt.TopicID}
		for _, p := range rt.Partitions {
			t.partitions = append(t.partitions, partition{id: p.Partition, leader: p.Leader, replicas: p.Replicas, isr: p.ISR})
		}
		found[t.name] = t
	}
	return nil
}

// reassignments fetches which partitions are moving. A cluster that does not serve the API has none
// to show.
func (c *command) reassignments(topics []*topic) error {
	ok, err := client.Supports(c.ctx, c.cl, kmsg.ListPartitionReassignments.Int16())
	if err != nil || !ok || len(topics) == 0 {
		return err
	}
	req := kmsg.NewPtrListPartitionReassignmentsRequest()
	req.TimeoutMillis = timeoutMs
	for _, t := range topics {
		rt := kmsg.NewListPartitionReassignmentsRequestTopic()
		rt.Topic = t.name
		for _, p := range t.partitions {
			rt.Partitions = append(rt.Partitions, p.id)
		}
		req.Topics = append(req.Topics, rt)
	}
	resp, err := client.Ask(c.ctx, c.cl, req)
	if err != nil {
		return client.Unreachable("listPartitionReassignments", err)
	}
	if err := client.Err(resp.ErrorCode, resp.ErrorMessage); err != nil {
		if errors.Is(err, protocol.ErrClusterAuthorizationFailed) || errors.Is(err, protocol.ErrUnsupportedVersion) {
			return nil
		}
		return err
	}
	for _, rt := range resp.Topics {
		for _, rp := range rt.Partitions {
			mark(topics, rt.Topic, rp)
		}
	}
	return nil
}

func mark(topics []*topic, name string, rp kmsg.ListPartitionReassignmentsResponseTopicPartition) {
	for _, t := range topics {
		for i := range t.partitions {
			if p := &t.partitions[i]; t.name == name && p.id == rp.Partition {
				p.reassigned, p.moving, p.adding, p.removing = true, rp.Replicas, rp.AddingReplicas, rp.RemovingReplicas
			}
		}
	}
}
