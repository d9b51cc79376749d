package sim

import (
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/gregorhq/gregor/internal/protocol"
)

// admin creates, changes and deletes topics.
type admin struct {
	client
}

func (s *session) newAdmin(name string) *admin { return &admin{client: s.newClient(name)} }

func (c *admin) loop() {
	if c.s.calm {
		return
	}
	c.begin()
	c.w.after(c.w.between(time.Second, 15*time.Second), c.name+" works", func() {
		alive := c.s.alive()
		if len(alive) == 0 {
			c.loop()
			return
		}
		t := alive[c.w.rng.IntN(len(alive))]
		c.begin()
		switch c.w.rng.IntN(7) {
		case 0:
			c.createAnother()
		case 1:
			c.deleteOne(alive)
		case 2:
			c.grow(t)
		case 3:
			c.configure(t)
		case 4:
			names := slices.Sorted(maps.Keys(t.configs))
			c.describe(t, names[c.w.rng.IntN(len(names))])
		default:
			c.deleteRecords(t)
		}
	})
}

// create sends CreateTopics until the topic exists.
func (c *admin) create(t *topic, partitions int, done func()) {
	t.unsure = true
	for _, kv := range t.kind.configs() {
		t.configs[kv[0]] = kv[1]
	}
	req := &protocol.CreateTopicsRequest{}
	req.SetDefaults()
	req.TimeoutMs = 10_000
	one := protocol.CreateTopicsRequestCreatableTopic{Name: t.name, NumPartitions: int32(partitions), ReplicationFactor: 1}
	for _, kv := range t.kind.configs() {
		one.Configs = append(one.Configs, protocol.CreateTopicsRequestCreatableTopicConfig{Name: kv[0], Value: &kv[1]})
	}
	req.Topics = []protocol.CreateTopicsRequestCreatableTopic{one}
	ask(&c.client, req, c.version(req, 0), func(r *protocol.CreateTopicsResponse, _ bool) {
		if r == nil {
			c.again("create a topic", func() { c.create(t, partitions, done) })
			return
		}
		switch e := protocol.Error(r.Topics[0].ErrorCode); e {
		case protocol.ErrNone, protocol.ErrTopicAlreadyExists: // created by an earlier attempt
			for i := range partitions {
				t.parts = append(t.parts, newPart(t, int32(i)))
			}
			c.s.stats.TopicChanges++
			c.learn(t, func() {
				t.exists, t.unsure, t.changed = true, false, c.w.now
				done()
			})
		default:
			if !c.mayRetry(e) {
				c.w.fail("topics: %s gets %s to its creation", t.name, e.Name())
			}
			c.again("create a topic", func() { c.create(t, partitions, done) })
		}
	})
}

// mayRetry reports whether an error of the controller is transient. A stopping broker is not
// available for new replicas.
func (c *client) mayRetry(e protocol.Error) bool {
	return e.Retriable() || e == protocol.ErrNotController || e == protocol.ErrInvalidReplicationFactor && c.s.m.stopping
}

// learn asks for the metadata of a topic after its creation was acknowledged.
func (c *admin) learn(t *topic, done func()) {
	c.metadata(t, func(m *protocol.MetadataResponseResponseTopic) {
		if m == nil {
			c.again("ask for metadata", func() { c.learn(t, done) })
			return
		}
		if m.ErrorCode != 0 || len(m.Partitions) != len(t.parts) {
			c.w.fail("topics: %s was created with %d partitions, metadata says %s and %d", t.name, len(t.parts), protocol.Error(m.ErrorCode).Name(), len(m.Partitions))
			return
		}
		t.id = m.TopicID
		done()
	})
}

// metadata asks for one topic. The answer is nil when the topic does not exist.
func (c *client) metadata(t *topic, done func(m *protocol.MetadataResponseResponseTopic)) {
	req := &protocol.MetadataRequest{}
	req.SetDefaults()
	req.AllowAutoTopicCreation = false
	req.Topics = []protocol.MetadataRequestRequestTopic{{Name: &t.name}}
	ask(c, req, c.version(req, 10), func(r *protocol.MetadataResponse, lost bool) {
		if lost || len(r.Topics) != 1 {
			done(nil)
			return
		}
		done(&r.Topics[0])
	})
}

// othersMax bounds the number of topics besides those of the clients.
const othersMax = 4

// createAnother creates a plain topic with a producer, or deletes one when there are othersMax.
func (c *admin) createAnother() {
	others := 0
	for _, t := range c.s.topics {
		if t.exists && t.passing {
			others++
		}
	}
	if others >= othersMax {
		c.loop()
		return
	}
	// The name of a deleted topic is sometimes used again. The new topic must not hold records of
	// the old one.
	name := fmt.Sprintf("passing%d", c.w.rng.IntN(othersMax*2))
	if slices.ContainsFunc(c.s.topics, func(t *topic) bool { return t.name == name && (t.exists || t.unsure) }) {
		c.loop()
		return
	}
	t := &topic{name: name, kind: plain, passing: true, configs: map[string]string{}, number: c.s.stats.TopicChanges}
	c.s.topics = append(slices.DeleteFunc(c.s.topics, func(t *topic) bool { return t.name == name }), t)
	c.create(t, 1+c.w.rng.IntN(2), func() {
		for _, p := range t.parts {
			c.s.newProducer(p, true, -1).loop()
		}
		c.loop()
	})
}

func (c *admin) deleteOne(alive []*topic) {
	i := slices.IndexFunc(alive, func(t *topic) bool { return t.passing })
	if i < 0 {
		c.loop()
		return
	}
	t := alive[i]
	t.exists, t.unsure = false, true
	c.delete(t)
}

func (c *admin) delete(t *topic) {
	req := &protocol.DeleteTopicsRequest{}
	req.SetDefaults()
	req.TimeoutMs = 10_000
	req.Topics = []protocol.DeleteTopicsRequestDeleteTopicState{{TopicID: t.id}}
	req.TopicNames = []string{t.name} // before version 6
	ask(&c.client, req, c.version(req, 0), func(r *protocol.DeleteTopicsResponse, _ bool) {
		if r == nil {
			c.again("delete a topic", func() { c.delete(t) })
			return
		}
		switch e := protocol.Error(r.Responses[0].ErrorCode); e {
		case protocol.ErrNone, protocol.ErrUnknownTopicID, protocol.ErrUnknownTopicOrPartition: // deleted by an earlier attempt
			c.s.stats.TopicChanges++
			c.metadata(t, func(m *protocol.MetadataResponseResponseTopic) {
				if m != nil && m.ErrorCode == 0 {
					c.w.fail("topics: %s was deleted, metadata shows it", t.name)
				}
				t.unsure, t.changed = false, c.w.now
				c.loop()
			})
		default:
			if !c.mayRetry(e) {
				c.w.fail("topics: %s gets %s to its deletion", t.name, e.Name())
			}
			c.again("delete a topic", func() { c.delete(t) })
		}
	})
}

// partitionsMax bounds the partitions of a topic that grows.
const partitionsMax = 5

func (c *admin) grow(t *topic) {
	if !t.passing || len(t.parts) >= partitionsMax {
		c.loop()
		return
	}
	req := &protocol.CreatePartitionsRequest{}
	req.SetDefaults()
	req.TimeoutMs = 10_000
	count := len(t.parts) + 1
	req.Topics = []protocol.CreatePartitionsRequestTopic{{Name: t.name, Count: int32(count)}}
	ask(&c.client, req, c.version(req, 0), func(r *protocol.CreatePartitionsResponse, _ bool) {
		if r != nil {
			e := protocol.Error(r.Results[0].ErrorCode)
			if e == protocol.ErrNone || e == protocol.ErrInvalidPartitions { // grown by an earlier attempt
				t.parts = append(t.parts, newPart(t, int32(count-1)))
				c.s.stats.TopicChanges++
				c.checkCount(t)
				return
			}
			if !c.mayRetry(e) {
				c.w.fail("topics: %s gets %s to its growth", t.name, e.Name())
			}
		}
		c.again("grow a topic", func() { c.grow(t) })
	})
}

func (c *admin) checkCount(t *topic) {
	c.metadata(t, func(m *protocol.MetadataResponseResponseTopic) {
		if m == nil {
			c.again("ask for metadata", func() { c.checkCount(t) })
			return
		}
		if m.ErrorCode != 0 || len(m.Partitions) != len(t.parts) {
			c.w.fail("topics: %s has %d partitions, metadata says %s and %d", t.name, len(t.parts), protocol.Error(m.ErrorCode).Name(), len(m.Partitions))
		}
		c.loop()
	})
}

// configure sets a topic's max.message.bytes and compares the description with it.
func (c *admin) configure(t *topic) {
	const key = "max.message.bytes"
	value := fmt.Sprint(100_000 + c.w.rng.IntN(100_000))
	done := func() { c.describe(t, key) }
	if c.w.chance(2) {
		c.replace(t, key, value, done)
		return
	}
	c.alter(t, key, value, done)
}

func (c *admin) alter(t *topic, key, value string, done func()) {
	req := &protocol.IncrementalAlterConfigsRequest{}
	req.SetDefaults()
	req.Resources = []protocol.IncrementalAlterConfigsRequestAlterConfigsResource{{ResourceType: 2, ResourceName: t.name,
		Configs: []protocol.IncrementalAlterConfigsRequestAlterableConfig{{Name: key, Value: &value}}}}
	ask(&c.client, req, c.version(req, 0), func(r *protocol.IncrementalAlterConfigsResponse, _ bool) {
		if r == nil || r.Responses[0].ErrorCode != 0 {
			c.again("alter a configuration", func() { c.alter(t, key, value, done) })
			return
		}
		t.configs[key] = value
		c.s.stats.TopicChanges++
		done()
	})
}

// replace sets a configuration with AlterConfigs, which removes all configurations that the request
// does not name.
func (c *admin) replace(t *topic, key, value string, done func()) {
	req := &protocol.AlterConfigsRequest{}
	req.SetDefaults()
	one := protocol.AlterConfigsRequestResource{ResourceType: 2, ResourceName: t.name}
	all := maps.Clone(t.configs)
	all[key] = value
	for _, k := range slices.Sorted(maps.Keys(all)) {
		v := all[k]
		one.Configs = append(one.Configs, protocol.AlterConfigsRequestAlterableConfig{Name: k, Value: &v})
	}
	req.Resources = []protocol.AlterConfigsRequestResource{one}
	ask(&c.client, req, c.version(req, 0), func(r *protocol.AlterConfigsResponse, _ bool) {
		if r == nil || r.Responses[0].ErrorCode != 0 {
			c.again("replace configurations", func() { c.replace(t, key, value, done) })
			return
		}
		t.configs[key] = value
		c.s.stats.TopicChanges++
		done()
	})
}

func (c *admin) describe(t *topic, key string) {
	req := &protocol.DescribeConfigsRequest{}
	req.SetDefaults()
	req.Resources = []protocol.DescribeConfigsRequestResource{{ResourceType: 2, ResourceName: t.name, ConfigurationKeys: []string{key}}}
	ask(&c.client, req, c.version(req, 0), func(r *protocol.DescribeConfigsResponse, lost bool) {
		if lost || r.Results[0].ErrorCode != 0 {
			c.again("describe a configuration", func() { c.describe(t, key) })
			return
		}
		if got := r.Results[0].Configs; len(got) != 1 || got[0].Value == nil || *got[0].Value != t.configs[key] {
			c.w.fail("configs: %s of %s was set to %s, described as %+v", key, t.name, t.configs[key], got)
		}
		c.loop()
	})
}

// deleteRecords deletes a part of a plain partition.
func (c *admin) deleteRecords(t *topic) {
	p := t.parts[c.w.rng.IntN(len(t.parts))]
	if t.kind != plain || p.durable <= p.start {
		c.loop()
		return
	}
	to := p.start + c.w.rng.Int64N(p.durable-p.start+1)
	p.deleteTo = max(p.deleteTo, to)
	c.trim(p, to)
}

func (c *admin) trim(p *part, to int64) {
	req := &protocol.DeleteRecordsRequest{}
	req.SetDefaults()
	req.TimeoutMs = 10_000
	req.Topics = []protocol.DeleteRecordsRequestTopic{{Name: p.t.name, Partitions: []protocol.DeleteRecordsRequestPartition{{PartitionIndex: p.index, Offset: to}}}}
	promised := p.floor()
	ask(&c.client, req, c.version(req, 0), func(r *protocol.DeleteRecordsResponse, _ bool) {
		if r == nil || protocol.Error(r.Topics[0].Partitions[0].ErrorCode).Retriable() {
			c.again("delete records", func() { c.trim(p, to) })
			return
		}
		got := r.Topics[0].Partitions[0]
		switch e := protocol.Error(got.ErrorCode); {
		case e == protocol.ErrOffsetOutOfRange && p.start > to:
		case e != protocol.ErrNone:
			c.w.fail("delete records: %v gets %s for offset %d, start %d, acknowledged end %d", p, e.Name(), to, p.start, p.durable)
		case got.LowWatermark < to:
			c.w.fail("delete records: %v has low watermark %d after a deletion up to %d", p, got.LowWatermark, to)
		default:
			p.raiseStart(c.w, promised, got.LowWatermark, c.name)
			p.startAcked = max(p.startAcked, got.LowWatermark)
		}
		c.loop()
	})
}
