package handlers

import (
	"fmt"

	"github.com/twmb/franz-go/pkg/kmsg"
)

// unusual asks what no client of Kafka asks: resources and keys named twice, values of enumerations
// that do not exist, topics by id in versions that cannot.
func (p *adminProbe) unusual() {
	topics := kmsg.NewPtrCreateTopicsRequest()
	topics.TimeoutMillis = 5000
	topics.Topics = []kmsg.CreateTopicsRequestTopic{newTopicRequest("odd", 1, 1)}
	p.w.do(topics, 7)
	p.until("odd")
	p.unusualConfigs()
	p.unusualElections()
	p.unusualMetadata()
}

func (p *adminProbe) unusualConfigs() {
	five := configOp{"retention.ms", 0, "5"}
	resource := func(kind kmsg.ConfigResourceType, name, key string) kmsg.IncrementalAlterConfigsRequestResource {
		value := "500000"
		return kmsg.IncrementalAlterConfigsRequestResource{ResourceType: kind, ResourceName: name,
			Configs: []kmsg.IncrementalAlterConfigsRequestResourceConfig{{Name: key, Value: &value}}}
	}
	twice := kmsg.NewPtrIncrementalAlterConfigsRequest()
	twice.Resources = []kmsg.IncrementalAlterConfigsRequestResource{resource(topicResource, "odd", "retention.ms"), resource(topicResource, "nope", "retention.ms"),
		resource(topicResource, "odd", "segment.ms"), resource(loggerResource, "1", "root"), resource(loggerResource, "1", "root"),
		resource(brokerResource, "2", "log.retention.ms"), resource(brokerResource, "2", "log.retention.ms")}
	p.ask("resources named twice", twice, 1)
	retention := configOp{"log.retention.ms", 0, "null"}
	p.alter("null of another broker", brokerResource, "2", retention)
	p.alter("null of a broker without a number", brokerResource, "x", retention)
	p.alter("a key twice of another logger", loggerResource, "2", configOp{"root", 0, "INFO"}, configOp{"root", 0, "INFO"})
	p.alter("append to a logger that does not exist", loggerResource, "1", configOp{"kafka.nope", 2, "INFO"})
	p.alter("unknown operation on a logger", loggerResource, "1", configOp{"root", 7, "INFO"})
	p.replace("null of another broker", brokerResource, "2", retention)
	p.replace("null of a broker without a number", brokerResource, "x", retention)
	p.replace("logger without a number", loggerResource, "x", configOp{"root", 0, "INFO"})
	p.replace("logger of no node", loggerResource, "", configOp{"root", 0, "INFO"})
	p.replace("null of a logger", loggerResource, "x", configOp{"root", 0, "null"})
	p.replace("read-only key of all brokers", brokerResource, "", configOp{"broker.id", 0, "3"})
	p.replace("low value for all brokers", brokerResource, "", configOp{"max.connections", 0, "-1"})
	p.replace("key of all brokers without min isr", brokerResource, "", configOp{"max.connections", 0, "100"})
	for _, value := range []string{"compact,", "compact,,", ",", ""} {
		p.alter(fmt.Sprintf("append %q", value), topicResource, "odd", configOp{"cleanup.policy", 2, value})
		p.alter(fmt.Sprintf("delete after %q", value), topicResource, "odd", configOp{"cleanup.policy", 1, "null"})
	}
	p.alter("blank", topicResource, "odd", configOp{"retention.ms", 0, " "})
	p.alter("blank boolean", topicResource, "odd", configOp{"preallocate", 0, " x"})
	for _, key := range []string{"leader.replication.throttled.rate", "follower.replication.throttled.rate", "replica.alter.log.dirs.io.max.bytes.per.second"} {
		p.alter("negative "+key, brokerResource, "1", configOp{key, 0, "-1"})
		p.alter("no number "+key, brokerResource, "", configOp{key, 0, "x"})
		p.alter("append to "+key, brokerResource, "1", configOp{key, 2, "1"})
	}
	p.alter("once", topicResource, "odd", five)
}

func (p *adminProbe) unusualElections() {
	for version := int16(1); version <= 2; version++ {
		for _, kind := range []int8{2, -1} {
			e := kmsg.NewPtrElectLeadersRequest()
			e.ElectionType, e.TimeoutMillis = kind, 5000
			p.ask("unknown election", e, version)
			e.Topics = []kmsg.ElectLeadersRequestTopic{}
			p.ask("unknown election of nothing", e, version)
			e.Topics = []kmsg.ElectLeadersRequestTopic{{Topic: "odd", Partitions: []int32{0, 9}}, {Topic: "nope", Partitions: []int32{0}}}
			p.ask("unknown election of some", e, version)
		}
	}
}

func (p *adminProbe) unusualMetadata() {
	odd := p.w.do(metadataRequest("odd"), 12).(*kmsg.MetadataResponse).Topics[0].TopicID
	name := "odd"
	byName, byID := kmsg.MetadataRequestTopic{Topic: &name}, kmsg.MetadataRequestTopic{TopicID: odd}
	both, unknown, none := kmsg.MetadataRequestTopic{Topic: &name, TopicID: odd}, kmsg.MetadataRequestTopic{TopicID: [16]byte{1, 2}}, kmsg.MetadataRequestTopic{}
	for version := int16(10); version <= 13; version++ {
		for _, c := range []struct {
			title  string
			topics []kmsg.MetadataRequestTopic
		}{
			{"an id", []kmsg.MetadataRequestTopic{byID}}, {"an id and a name", []kmsg.MetadataRequestTopic{both}},
			{"a name, then an id", []kmsg.MetadataRequestTopic{byName, byID}}, {"nothing, then an id", []kmsg.MetadataRequestTopic{none, byID}},
			{"unknown ids", []kmsg.MetadataRequestTopic{unknown, unknown}},
		} {
			m := kmsg.NewPtrMetadataRequest()
			m.Topics, m.IncludeTopicAuthorizedOperations = c.topics, true
			p.ask("metadata by "+c.title, m, version)
		}
	}
	for _, version := range []int16{8, 10, 13} {
		m := metadataRequest("odd", "nope", "a b")
		m.IncludeTopicAuthorizedOperations = true
		p.ask("operations of topics that do not exist", m, version)
	}
}
