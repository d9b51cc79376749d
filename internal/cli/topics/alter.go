package topics

import (
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/gregorhq/gregor/internal/cli/client"
)

func (c *command) alterTopics() error {
	if err := c.set.Check(c.partitions); err != nil {
		return err
	}
	assignment, err := c.parseAssignment()
	if err != nil {
		return err
	}
	names, err := c.existing()
	if err != nil || len(names) == 0 {
		return err
	}
	counts := map[string]int{}
	if assignment != nil {
		md, err := client.Metadata(c.ctx, c.cl, names)
		if err != nil {
			return client.Unreachable("describeTopics", err)
		}
		for _, t := range md.Topics {
			counts[*t.Topic] = len(t.Partitions)
		}
	}
	req := kmsg.NewPtrCreatePartitionsRequest()
	req.TimeoutMillis = timeoutMs
	for _, name := range names {
		t := kmsg.NewCreatePartitionsRequestTopic()
		t.Topic, t.Count = name, int32(c.set.Int(c.partitions))
		if assignment != nil {
			t.Assignment = []kmsg.CreatePartitionsRequestTopicAssignment{}
			for _, replicas := range assignment[min(counts[name], len(assignment)):] {
				a := kmsg.NewCreatePartitionsRequestTopicAssignment()
				a.Replicas = replicas
				t.Assignment = append(t.Assignment, a)
			}
		}
		req.Topics = append(req.Topics, t)
	}
	resp, err := req.RequestWith(c.ctx, c.cl)
	if err != nil {
		return client.Unreachable("createPartitions", err)
	}
	for _, t := range resp.Topics {
		if err := client.Err(t.ErrorCode, t.ErrorMessage); err != nil {
			return err
		}
	}
	return nil
}

func (c *command) deleteTopics() error {
	names, err := c.existing()
	if err != nil || len(names) == 0 {
		return err
	}
	req := kmsg.NewPtrDeleteTopicsRequest()
	req.TimeoutMillis = timeoutMs
	for _, name := range names {
		t := kmsg.NewDeleteTopicsRequestTopic()
		t.Topic = kmsg.StringPtr(name)
		req.TopicNames = append(req.TopicNames, name)
		req.Topics = append(req.Topics, t)
	}
	resp, err := req.RequestWith(c.ctx, c.cl)
	if err != nil {
		return client.Unreachable("deleteTopics", err)
	}
	for _, t := range resp.Topics {
		if err := client.Err(t.ErrorCode, t.ErrorMessage); err != nil {
			return err
		}
	}
	return nil
}
