package load

import (
	"errors"
	"fmt"
	"time"

	"github.com/gregorhq/gregor/internal/protocol"
)

// CreateTopic creates a topic with replication factor 1 and waits until its partitions have
// leaders.
func CreateTopic(addr, name string, partitions int, configs map[string]string) error {
	c, err := Dial(addr)
	if err != nil {
		return err
	}
	defer c.Close()
	topic := *protocol.New[protocol.CreateTopicsRequestCreatableTopic]()
	topic.Name, topic.NumPartitions, topic.ReplicationFactor = name, int32(partitions), 1
	for k, v := range configs {
		topic.Configs = append(topic.Configs, protocol.CreateTopicsRequestCreatableTopicConfig{Name: k, Value: &v})
	}
	req := protocol.New[protocol.CreateTopicsRequest]()
	req.TimeoutMs = 30000
	req.Topics = append(req.Topics, topic)
	var resp protocol.CreateTopicsResponse
	if err := c.Call(req, 5, &resp); err != nil {
		return err
	}
	if e := protocol.Error(resp.Topics[0].ErrorCode); e != protocol.ErrNone && e != protocol.ErrTopicAlreadyExists {
		return fmt.Errorf("create %s: %w", name, e)
	}
	return awaitLeaders(c, name, partitions)
}

func awaitLeaders(c *Conn, name string, partitions int) error {
	deadline := time.Now().Add(30 * time.Second)
	for time.Now().Before(deadline) {
		req := protocol.New[protocol.MetadataRequest]()
		req.AllowAutoTopicCreation = false
		req.Topics = []protocol.MetadataRequestRequestTopic{{Name: &name}}
		var resp protocol.MetadataResponse
		if err := c.Call(req, 5, &resp); err != nil {
			return err
		}
		led := 0
		for _, p := range resp.Topics[0].Partitions {
			if p.ErrorCode == 0 && p.LeaderID >= 0 {
				led++
			}
		}
		if led >= partitions && serving(c, name, partitions) {
			return nil
		}
		time.Sleep(20 * time.Millisecond)
	}
	return errors.New("partitions have no leaders after 30 s")
}

// serving reports whether every partition answers a fetch. A leader may be known before it serves.
func serving(c *Conn, name string, partitions int) bool {
	for i := range partitions {
		req := protocol.New[protocol.FetchRequest]()
		p := *protocol.New[protocol.FetchRequestPartition]()
		p.Partition, p.PartitionMaxBytes = int32(i), 1
		req.Topics = []protocol.FetchRequestTopic{{Topic: name, Partitions: []protocol.FetchRequestPartition{p}}}
		var resp protocol.FetchResponse
		if err := c.Call(req, fetchVersion, &resp); err != nil || len(resp.Responses) == 0 {
			return false
		}
		// The log may begin above offset 0. An out-of-range error is also an answer of a leader.
		if e := protocol.Error(resp.Responses[0].Partitions[0].ErrorCode); e != protocol.ErrNone && e != protocol.ErrOffsetOutOfRange {
			return false
		}
	}
	return true
}
