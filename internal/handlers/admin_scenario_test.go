package handlers

import (
	"strings"

	"github.com/twmb/franz-go/pkg/kmsg"
)

func (p *adminProbe) scenario() {
	p.createTopics()
	p.createPartitions()
	p.alterConfigs()
	p.describeConfigs()
	p.listResources()
	p.quorumAndCluster()
	p.metadata()
	p.describePartitions()
	p.deleteTopics()
	p.unusual()
}

func newTopicRequest(name string, partitions int32, factor int16, configs ...string) kmsg.CreateTopicsRequestTopic {
	t := kmsg.NewCreateTopicsRequestTopic()
	t.Topic, t.NumPartitions, t.ReplicationFactor = name, partitions, factor
	for i := 0; i < len(configs); i += 2 {
		v := pointer(configs[i+1])
		if *v == "null" {
			v = nil
		}
		t.Configs = append(t.Configs, kmsg.CreateTopicsRequestTopicConfig{Name: configs[i], Value: v})
	}
	return t
}

func assigned(t kmsg.CreateTopicsRequestTopic, partition int32, replicas ...int32) kmsg.CreateTopicsRequestTopic {
	t.ReplicaAssignment = append(t.ReplicaAssignment, kmsg.CreateTopicsRequestTopicReplicaAssignment{Partition: partition, Replicas: replicas})
	return t
}

func (p *adminProbe) create(title string, version int16, timeoutMs int32, validate bool, topics ...kmsg.CreateTopicsRequestTopic) {
	r := kmsg.NewPtrCreateTopicsRequest()
	r.ValidateOnly, r.TimeoutMillis, r.Topics = validate, timeoutMs, topics
	p.ask("create "+title, r, version)
}

func (p *adminProbe) createTopics() {
	try := func(title string, topics ...kmsg.CreateTopicsRequestTopic) { p.create(title, 7, 5000, true, topics...) }
	topic := newTopicRequest
	try("fine", topic("fine", 2, 1, "retention.ms", "5000"))
	for _, name := range []string{"", ".", "..", "a b", strings.Repeat("x", 250), "__cluster_metadata"} {
		try("named "+name, topic(name, 1, 1))
	}
	try("twice", topic("d", 1, 1), topic("d", 1, 1))
	try("0 partitions", topic("a", 0, 1))
	try("-2 partitions", topic("a", -2, 1))
	try("0 replicas", topic("a", 1, 0))
	try("-2 replicas", topic("a", 1, -2))
	try("4 replicas", topic("a", 1, 4))
	try("10001 partitions", topic("a", 10001, 1))
	try("assigned and counted", assigned(topic("a", 1, -1), 0, 1))
	try("assigned and replicated", assigned(topic("a", -1, 1), 0, 1))
	try("assigned, counted, replicated", assigned(topic("a", 1, 1), 0, 1))
	try("assigned from 1", assigned(topic("a", -1, -1), 1, 1))
	try("assigned to nobody known", assigned(topic("a", -1, -1), 0, 7))
	try("assigned to one twice", assigned(topic("a", -1, -1), 0, 1, 1))
	try("assigned to nobody", assigned(topic("a", -1, -1), 0))
	try("assigned twice", assigned(assigned(topic("a", -1, -1), 0, 1), 0, 1))
	try("unknown config", topic("a", 1, 1, "foo", "bar"))
	try("no number", topic("a", 1, 1, "retention.ms", "x"))
	try("null config", topic("a", 1, 1, "retention.ms", "null"))
	try("unknown policy", topic("a", 1, 1, "cleanup.policy", "nope"))
	try("small segment", topic("a", 1, 1, "segment.bytes", "300"))
	p.create("no time", 7, 0, false, topic("late", 1, 1))
	p.create("less than no time", 7, -1, false, topic("late", 1, 1))
	try("after a time-out", topic("late", 1, 1))
	for version := int16(2); version <= 7; version++ {
		p.create("t.a", version, 5000, false, topic("t.a", 1, 1))
	}
	p.create("collision", 7, 5000, false, topic("t_a", 1, 1))
	p.create("defaults", 7, 5000, false, topic("v2", -1, -1))
	p.create("configs", 7, 5000, false, topic("cfg", 1, 1, "retention.ms", "77", "cleanup.policy", "compact"))
}

func (p *adminProbe) createPartitions() {
	try := func(title, topic string, count int32, assignments ...[]int32) {
		r := kmsg.NewPtrCreatePartitionsRequest()
		t := kmsg.NewCreatePartitionsRequestTopic()
		t.Topic, t.Count = topic, count
		for _, a := range assignments {
			t.Assignment = append(t.Assignment, kmsg.CreatePartitionsRequestTopicAssignment{Replicas: a})
		}
		r.Topics, r.TimeoutMillis = append(r.Topics, t), 5000
		p.ask("partitions "+title, r, 3)
	}
	try("same", "t.a", 1)
	try("fewer", "t.a", 0)
	try("negative", "t.a", -1)
	try("many", "t.a", 20000)
	try("unknown topic", "nope", 3)
	try("too few assigned", "t.a", 3, []int32{1})
	try("unknown broker", "t.a", 2, []int32{9})
	try("one twice", "t.a", 2, []int32{1, 1})
	try("nobody", "t.a", 2, []int32{})
	try("fine", "t.a", 2)
}

type configOp struct {
	key   string
	op    kmsg.IncrementalAlterConfigOp
	value string
}

func (p *adminProbe) alter(title string, kind kmsg.ConfigResourceType, name string, ops ...configOp) {
	r := kmsg.NewPtrIncrementalAlterConfigsRequest()
	res := kmsg.NewIncrementalAlterConfigsRequestResource()
	res.ResourceType, res.ResourceName = kind, name
	for _, o := range ops {
		c := kmsg.NewIncrementalAlterConfigsRequestResourceConfig()
		c.Name, c.Op = o.key, o.op
		if o.value != "null" {
			c.Value = pointer(o.value)
		}
		res.Configs = append(res.Configs, c)
	}
	r.Resources = append(r.Resources, res)
	p.ask("alter "+title, r, 1)
}

func (p *adminProbe) replace(title string, kind kmsg.ConfigResourceType, name string, ops ...configOp) {
	r := kmsg.NewPtrAlterConfigsRequest()
	res := kmsg.NewAlterConfigsRequestResource()
	res.ResourceType, res.ResourceName = kind, name
	for _, o := range ops {
		c := kmsg.NewAlterConfigsRequestResourceConfig()
		c.Name = o.key
		if o.value != "null" {
			c.Value = pointer(o.value)
		}
		res.Configs = append(res.Configs, c)
	}
	r.Resources = append(r.Resources, res)
	p.ask("replace "+title, r, 2)
}

const (
	topicResource   = kmsg.ConfigResourceTypeTopic
	brokerResource  = kmsg.ConfigResourceTypeBroker
	loggerResource  = kmsg.ConfigResourceTypeBrokerLogger
	metricsResource = kmsg.ConfigResourceType(16)
	groupResource   = kmsg.ConfigResourceType(32)
	unknownResource = kmsg.ConfigResourceType(99)
)

func (p *adminProbe) alterConfigs() {
	five := configOp{"retention.ms", 0, "5"}
	p.alter("unknown topic", topicResource, "nope", five)
	p.alter("invalid topic", topicResource, "a b", five)
	p.alter("no topic", topicResource, "", five)
	p.alter("no number", topicResource, "t.a", configOp{"retention.ms", 0, "x"})
	p.alter("unknown key", topicResource, "t.a", configOp{"foo", 0, "x"})
	p.alter("null", topicResource, "t.a", configOp{"retention.ms", 0, "null"})
	p.alter("twice", topicResource, "t.a", five, five)
	p.alter("append to a number", topicResource, "t.a", configOp{"retention.ms", 2, "1"})
	p.alter("append", topicResource, "t.a", configOp{"cleanup.policy", 2, "compact"})
	p.alter("subtract", topicResource, "t.a", configOp{"cleanup.policy", 3, "compact"})
	p.alter("unknown operation", topicResource, "t.a", configOp{"cleanup.policy", 9, "compact"})
	p.alter("delete", topicResource, "t.a", configOp{"cleanup.policy", 1, "null"})
	two := configOp{"log.cleaner.threads", 0, "2"}
	p.alter("other broker", brokerResource, "2", two)
	p.alter("no broker id", brokerResource, "x", two)
	p.alter("negative broker id", brokerResource, "-1", two)
	p.alter("read-only", brokerResource, "1", configOp{"broker.rack", 0, "2"})
	p.alter("broker, no number", brokerResource, "1", configOp{"log.cleaner.threads", 0, "x"})
	p.alter("all brokers", brokerResource, "", two)
	p.alter("min isr away", brokerResource, "", configOp{"min.insync.replicas", 1, "null"})
	p.alter("min isr of one broker", brokerResource, "1", configOp{"min.insync.replicas", 0, "2"})
	p.alter("min isr", brokerResource, "", configOp{"min.insync.replicas", 0, "1"})
	timeout := configOp{"consumer.session.timeout.ms", 0, "50000"}
	p.alter("group", groupResource, "g", timeout)
	p.alter("no group", groupResource, "", timeout)
	p.alter("unknown group key", groupResource, "g", configOp{"foo", 0, "50000"})
	interval := configOp{"interval.ms", 0, "60000"}
	p.alter("metrics", metricsResource, "m", interval)
	p.alter("no metrics", metricsResource, "", interval)
	p.alter("unknown metrics key", metricsResource, "m", configOp{"foo", 0, "60000"})
	p.alter("short interval", metricsResource, "m", configOp{"interval.ms", 0, "6"})
	p.alter("interval, no number", metricsResource, "m", configOp{"interval.ms", 0, "x"})
	p.alter("match, unknown", metricsResource, "m", configOp{"match", 0, "foo=1"})
	p.alter("match, no pattern", metricsResource, "m", configOp{"match", 0, "client_id=["})
	p.alter("match, no match", metricsResource, "m", configOp{"match", 0, "nonsense"})
	p.alter("metrics append", metricsResource, "m", configOp{"metrics", 2, "a.b"})
	p.alter("unknown kind", unknownResource, "m", configOp{"foo", 0, "60000"})
	p.alter("unknown logger", loggerResource, "1", configOp{"kafka.nope", 0, "FOO"})
	p.alter("other node's logger", loggerResource, "2", configOp{"kafka.server", 0, "DEBUG"})
	p.replace("topic", topicResource, "t.a", configOp{"retention.ms", 0, "500000"})
	p.replace("null", topicResource, "t.a", configOp{"retention.ms", 0, "null"})
	p.replace("twice", topicResource, "t.a", five, five)
	p.replace("no number", topicResource, "t.a", configOp{"retention.ms", 0, "x"})
	p.replace("unknown topic", topicResource, "nope", five)
	p.replace("all brokers", brokerResource, "", two)
	p.replace("logger", loggerResource, "1", configOp{"root", 0, "INFO"})
	p.replace("unknown kind", unknownResource, "1", configOp{"root", 0, "INFO"})
}

func (p *adminProbe) describeConfigs() {
	try := func(title string, kind kmsg.ConfigResourceType, name string, keys ...string) {
		for version := int16(1); version <= 4; version += 3 {
			r := kmsg.NewPtrDescribeConfigsRequest()
			res := kmsg.NewDescribeConfigsRequestResource()
			res.ResourceType, res.ResourceName, res.ConfigNames = kind, name, keys
			r.IncludeSynonyms, r.Resources = true, append(r.Resources, res)
			p.ask("describe "+title, r, version)
		}
	}
	try("topic", topicResource, "t.a")
	try("topic, two keys", topicResource, "t.a", "retention.ms", "cleanup.policy")
	try("topic with configs", topicResource, "cfg")
	try("unknown topic", topicResource, "nope", "retention.ms")
	try("invalid topic", topicResource, "a b", "retention.ms")
	try("no topic", topicResource, "", "retention.ms")
	try("broker", brokerResource, "1", "log.retention.ms", "log.cleaner.threads", "min.insync.replicas")
	try("all brokers", brokerResource, "")
	try("other broker", brokerResource, "2")
	try("no broker id", brokerResource, "x")
	try("no node's logger", loggerResource, "", "kafka.server")
	try("other node's logger", loggerResource, "2", "kafka.server")
	try("group", groupResource, "gun", "consumer.session.timeout.ms")
	try("no group", groupResource, "")
	try("metrics", metricsResource, "m")
	try("unknown metrics", metricsResource, "mun")
	try("no metrics", metricsResource, "")
	try("unknown kind", unknownResource, "m")
}

func (p *adminProbe) listResources() {
	for _, types := range [][]int8{nil, {99}, {2, 16}} {
		r := kmsg.NewPtrListConfigResourcesRequest()
		r.ResourceTypes = types
		p.ask("resources", r, 1)
		p.ask("resources", r, 0)
	}
}

func pointer(s string) *string { return &s }
