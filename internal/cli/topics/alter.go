package topics

import (
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/gregorhq/gregor/internal/cli/client"
)

func (c *command) alterTopics() error {
	if err := c.set.Check(c.partitions); err != nil {
		return err
	}
	if c.set.Has(c.config) || c.set.Has(c.deleteConfig) { // gregor's own form only
		if err := c.alterConfigs(); err != nil || !c.set.Has(c.partitions) {
			return err
		}
	}
	return c.addPartitions()
}

// alterConfigs changes the settings of one topic.
func (c *command) alterConfigs() error {
	add, err := c.parseConfigs()
	if err != nil {
		return err
	}
	name, remove := c.set.String(c.topic), c.set.Strings(c.deleteConfig)
	if err := client.CheckRemoved(c.ctx, c.cl, kmsg.ConfigResourceTypeTopic, "topic", name, remove); err != nil {
		return err
	}
	if err := client.AlterConfigs(c.ctx, c.cl, kmsg.ConfigResourceTypeTopic, name, add, remove); err != nil {
		return err
	}
	c.env.Print("Altered topic %s.\n", name)
	return nil
}

// addPartitions raises the number of partitions of the topics that the command line picks.
func (c *command) addPartitions() error {
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
	return c.eachTopic(names, func(name string) error {
		req := kmsg.NewPtrCreatePartitionsRequest()
		req.TimeoutMillis = timeoutMs
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
		resp, err := client.Ask(c.ctx, c.cl, req)
		if err != nil {
			return client.Unreachable("createPartitions", err)
		}
		for _, t := range resp.Topics {
			err = client.Err(t.ErrorCode, t.ErrorMessage)
		}
		if err == nil && c.env.Native() {
			c.env.Print("Topic %s has %d partitions now.\n", name, c.set.Int(c.partitions))
		}
		return err
	})
}

// eachTopic calls fn for all topics, also after an error, and returns the first error. Each topic
// has a request of its own, so that a request that is sent again does not repeat what succeeded.
func (c *command) eachTopic(names []string, fn func(name string) error) (first error) {
	for _, name := range names {
		if err := fn(name); first == nil {
			first = err
		}
	}
	return first
}

func (c *command) deleteTopics() error {
	names, err := c.existing()
	if err != nil || len(names) == 0 {
		return err
	}
	return c.eachTopic(names, func(name string) error {
		req := kmsg.NewPtrDeleteTopicsRequest()
		req.TimeoutMillis = timeoutMs
		t := kmsg.NewDeleteTopicsRequestTopic()
		t.Topic = kmsg.StringPtr(name)
		req.TopicNames = append(req.TopicNames, name)
		req.Topics = append(req.Topics, t)
		resp, err := client.Ask(c.ctx, c.cl, req)
		if err != nil {
			return client.Unreachable("deleteTopics", err)
		}
		for _, t := range resp.Topics {
			err = client.Err(t.ErrorCode, t.ErrorMessage)
		}
		return err
	})
}
