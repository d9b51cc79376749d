package handlers

import (
	"time"

	"github.com/twmb/franz-go/pkg/kmsg"
)

func (p *adminProbe) quorumAndCluster() {
	for version := range int16(3) {
		q := kmsg.NewPtrDescribeQuorumRequest()
		for _, tp := range []struct {
			topic     string
			partition int32
		}{{"__cluster_metadata", 0}, {"__cluster_metadata", 1}, {"foo", 0}} {
			q.Topics = []kmsg.DescribeQuorumRequestTopic{{Topic: tp.topic, Partitions: []kmsg.DescribeQuorumRequestTopicPartition{{Partition: tp.partition}}}}
			p.ask("quorum "+tp.topic, q, version)
		}
		q.Topics = nil
		p.ask("quorum of nothing", q, version)
		c := kmsg.NewPtrDescribeClusterRequest()
		p.ask("cluster", c, version)
		c.IncludeClusterAuthorizedOperations = true
		p.ask("cluster and operations", c, version)
		if version > 0 {
			c.EndpointType = 2
			p.ask("cluster of controllers", c, version)
			c.EndpointType = 9
			p.ask("cluster of what", c, version)
		}
	}
}

func metadataRequest(names ...string) *kmsg.MetadataRequest {
	m := kmsg.NewPtrMetadataRequest()
	m.Topics = []kmsg.MetadataRequestTopic{}
	for i := range names {
		m.Topics = append(m.Topics, kmsg.MetadataRequestTopic{Topic: &names[i]})
	}
	return m
}

func (p *adminProbe) metadata() {
	for version := range int16(14) {
		p.ask("metadata of t.a", metadataRequest("t.a"), version)
		if version > 0 {
			p.ask("metadata of none", metadataRequest(), version)
		}
		if version < 4 {
			continue // would create them
		}
		p.ask("metadata of an invalid name", metadataRequest("a b"), version)
		p.ask("metadata of no name", metadataRequest(""), version)
		p.ask("metadata of an unknown topic", metadataRequest("auto1"), version)
	}
	byID := kmsg.NewPtrMetadataRequest()
	byID.Topics = []kmsg.MetadataRequestTopic{{TopicID: [16]byte{1, 2}}}
	p.ask("metadata of an unknown id", byID, 13)
	operations := metadataRequest("t.a")
	operations.IncludeTopicAuthorizedOperations, operations.IncludeClusterAuthorizedOperations = true, true
	p.ask("metadata and operations", operations, 8)
	p.ask("metadata and operations", operations, 13)
	auto := metadataRequest("auto1")
	auto.AllowAutoTopicCreation = true
	p.ask("metadata that creates", auto, 13)
	p.until("auto1")
	p.ask("metadata of what it created", auto, 13)
	auto = metadataRequest("__consumer_offsets")
	auto.AllowAutoTopicCreation = true
	p.ask("metadata that creates an internal topic", auto, 13)
	p.until("__consumer_offsets")
	d := kmsg.NewPtrDescribeConfigsRequest()
	d.Resources = []kmsg.DescribeConfigsRequestResource{{ResourceType: topicResource, ResourceName: "__consumer_offsets",
		ConfigNames: []string{"cleanup.policy", "compression.type", "segment.bytes"}}}
	p.ask("configs of the internal topic", d, 4)
}

// until waits for a topic.
func (p *adminProbe) until(topic string) {
	for deadline := time.Now().Add(10 * time.Second); ; {
		resp := p.w.do(metadataRequest(topic), 13).(*kmsg.MetadataResponse)
		if resp.Topics[0].ErrorCode == 0 {
			return
		}
		if time.Now().After(deadline) {
			p.t.Fatalf("%s is not created", topic)
		}
	}
}

func (p *adminProbe) describePartitions() {
	try := func(title string, limit int32, cursor *kmsg.DescribeTopicPartitionsRequestCursor, topics ...string) {
		r := kmsg.NewPtrDescribeTopicPartitionsRequest()
		r.ResponsePartitionLimit, r.Cursor = limit, cursor
		for _, t := range topics {
			r.Topics = append(r.Topics, kmsg.DescribeTopicPartitionsRequestTopic{Topic: t})
		}
		p.ask("partitions of "+title, r, 0)
	}
	at := func(topic string, partition int32) *kmsg.DescribeTopicPartitionsRequestCursor {
		c := kmsg.NewDescribeTopicPartitionsRequestCursor()
		c.Topic, c.Partition = topic, partition
		return &c
	}
	try("all", 2, at("t.a", 0))
	try("some", 2, nil, "t.a", "nope", "a b")
	try("one page and more", 2, nil, "t.a", "v2", "zz")
	try("one page", 3, nil, "t.a", "v2")
	try("no limit", 0, nil, "t.a", "v2")
	try("a cursor", 2, at("t.a", 1), "t.a", "nope")
	try("a cursor behind the end", 2, at("t.a", 9), "t.a", "v2")
	try("a cursor elsewhere", 2, at("qq", 1), "t.a")
	try("a negative cursor", 2, at("t.a", -1), "t.a", "nope")
}

func (p *adminProbe) deleteTopics() {
	name := func(s string) kmsg.DeleteTopicsRequestTopic { return kmsg.DeleteTopicsRequestTopic{Topic: &s} }
	try := func(title string, topics ...kmsg.DeleteTopicsRequestTopic) {
		r := kmsg.NewPtrDeleteTopicsRequest()
		r.TimeoutMillis, r.Topics = 5000, topics
		p.ask("delete "+title, r, 6)
	}
	try("unknown", name("nope"))
	try("unknown id", kmsg.DeleteTopicsRequestTopic{TopicID: [16]byte{1}})
	both := name("t.a")
	both.TopicID = [16]byte{1}
	try("by name and id", both)
	try("nothing", kmsg.DeleteTopicsRequestTopic{})
	try("twice", name("dup"), name("dup"))
	try("fine", name("v2"), name("nope"))
	r := kmsg.NewPtrDeleteTopicsRequest()
	r.TimeoutMillis, r.TopicNames = 5000, []string{"cfg", "nope"}
	for version := int16(1); version <= 5; version++ {
		p.ask("delete by name", r, version)
	}
}
