package controller

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/gregorhq/gregor/internal/config"
	"github.com/gregorhq/gregor/internal/metadata"
	"github.com/gregorhq/gregor/internal/protocol"
	mr "github.com/gregorhq/gregor/internal/protocol/metadatarecord"
	"github.com/gregorhq/gregor/internal/protocol/wire"
	"github.com/gregorhq/gregor/internal/topicname"
)

// CreateTopics creates topics.
var CreateTopics = declare(API[*protocol.CreateTopicsRequest, *protocol.CreateTopicsResponse]{
	decide: (*Core).createTopics,
	fail: func(r *protocol.CreateTopicsRequest, err protocol.Error) *protocol.CreateTopicsResponse {
		return failCreateTopics(r, fail(err, ""))
	},
	timeout:   func(r *protocol.CreateTopicsRequest) time.Duration { return millis(r.TimeoutMs) },
	published: true,
})

// partitionsMax bounds the partitions that one request creates
// (ReplicationControlManager.MAX_PARTITIONS_PER_BATCH).
const partitionsMax = 10_000

// newTopic is a topic that a request creates.
type newTopic struct {
	name     string
	id       wire.UUID
	configs  map[string]string
	replicas [][]int32
}

// createTopics answers CreateTopics, versions 2-7 (KIP-4, KIP-464 defaults, KIP-525 configs in the
// answer, KIP-516 ids). Every topic succeeds or fails alone. -1 as number of partitions or as
// replication factor means num.partitions and default.replication.factor of this node, or of the
// cluster-wide dynamic config.
func (c *Core) createTopics(e Env, ctx Request, r *protocol.CreateTopicsRequest) ([]Record, *protocol.CreateTopicsResponse) {
	if c.partitionTotal(e.Image, r) > partitionsMax {
		return nil, failCreateTopics(r, fail(protocol.ErrPolicyViolation, "Excessively large number of partitions per request."))
	}
	resp := protocol.New[protocol.CreateTopicsResponse]()
	var records []Record
	names := map[string]int{}
	for _, t := range r.Topics {
		names[t.Name]++
	}
	collisions := c.collisionNames(e.Image, r)
	place := newPlacer(e.Image, e.Rand)
	for i := range r.Topics {
		t := &r.Topics[i]
		if names[t.Name] == 0 {
			continue // answered once already
		}
		topic, f := newTopic{}, failure{}
		if names[t.Name] > 1 {
			f = fail(protocol.ErrInvalidRequest, "Duplicate topic name.")
		} else {
			topic, f = c.createTopic(e, place, t, collisions)
		}
		names[t.Name] = 0
		if f.failed() {
			resp.Topics = append(resp.Topics, topicFailure(t.Name, f))
			continue
		}
		if !r.ValidateOnly {
			records = append(records, topic.records(e.Image)...)
		}
		resp.Topics = append(resp.Topics, c.topicResult(e.Image, &topic))
	}
	return records, resp
}

func (c *Core) partitionTotal(image *metadata.Image, r *protocol.CreateTopicsRequest) int {
	total := 0
	for _, t := range r.Topics {
		switch {
		case len(t.Assignments) > 0:
			total += len(t.Assignments)
		case t.NumPartitions == -1:
			total += c.brokerSettings(image).Int("num.partitions")
		default:
			total += max(int(t.NumPartitions), 0)
		}
	}
	return total
}

// settings are the broker settings in force on this node, as of one image.
type settings struct {
	image  *metadata.Image
	values *config.Values
	// plain describes the configs of a topic without configs of its own; nil until it is needed.
	plain []protocol.CreateTopicsResponseCreatableTopicConfigs
}

// brokerSettings lays the dynamic settings of the cluster and of this node over its static
// configuration, once for each image.
func (c *Core) brokerSettings(image *metadata.Image) *config.Values {
	if c.settings.image == image {
		return c.settings.values
	}
	c.settings = settings{image: image, values: c.cfg.Broker.Values()}
	cluster, own := image.Configs(metadata.ResourceBroker, ""), image.Configs(metadata.ResourceBroker, c.nodeName)
	if len(cluster)+len(own) > 0 {
		c.settings.values, _ = c.cfg.Broker.With(cluster, own)
	}
	return c.settings.values
}

// collisionNames maps the collision keys of existing topics with '.' or '_' to their names. It is
// nil when no new topic has such a character.
func (c *Core) collisionNames(image *metadata.Image, r *protocol.CreateTopicsRequest) map[string]string {
	if !slices.ContainsFunc(r.Topics, func(t protocol.CreateTopicsRequestCreatableTopic) bool { return topicname.HasCollisionChars(t.Name) }) {
		return nil
	}
	out := map[string]string{}
	for t := range image.Topics().All() {
		if topicname.HasCollisionChars(t.Name) {
			out[topicname.CollisionKey(t.Name)] = t.Name
		}
	}
	return out
}

func (c *Core) createTopic(e Env, place *placer, t *protocol.CreateTopicsRequestCreatableTopic, collisions map[string]string) (newTopic, failure) {
	topic := newTopic{name: t.Name}
	if t.Name == topicname.ClusterMetadata {
		return topic, fail(protocol.ErrInvalidRequest, "Creation of internal topic __cluster_metadata is prohibited.")
	}
	if problem := topicname.Problem(t.Name); problem != "" {
		return topic, fail(protocol.ErrInvalidTopicException, problem)
	}
	if e.Image.Topics().ByName(t.Name) != nil {
		return topic, fail(protocol.ErrTopicAlreadyExists, fmt.Sprintf("Topic '%s' already exists.", t.Name))
	}
	if topicname.HasCollisionChars(t.Name) {
		key := topicname.CollisionKey(t.Name)
		if other, ok := collisions[key]; ok {
			return topic, fail(protocol.ErrInvalidTopicException, fmt.Sprintf("Topic '%s' collides with existing topic: %s", t.Name, other))
		}
	}
	var f failure
	if topic.configs, f = c.newTopicConfigs(e.Image, t); f.failed() {
		return topic, f
	}
	if len(t.Assignments) > 0 {
		topic.replicas, f = manualReplicas(e.Image, t)
	} else {
		topic.replicas, f = c.placedReplicas(e.Image, place, t)
	}
	if f.failed() {
		return topic, f
	}
	if topicname.HasCollisionChars(t.Name) {
		collisions[topicname.CollisionKey(t.Name)] = t.Name
	}
	for topic.id = protocol.NewUUID(e.Rand); e.Image.Topics().ByID(topic.id) != nil; {
		topic.id = protocol.NewUUID(e.Rand)
	}
	return topic, failure{}
}

func (c *Core) newTopicConfigs(image *metadata.Image, t *protocol.CreateTopicsRequestCreatableTopic) (map[string]string, failure) {
	configs := make(map[string]string, len(t.Configs))
	var null []string
	for _, kv := range t.Configs {
		if kv.Value == nil {
			null = append(null, kv.Name)
			continue
		}
		configs[kv.Name] = *kv.Value
	}
	if len(null) > 0 {
		return nil, fail(protocol.ErrInvalidConfig, "Null value not supported for topic configs: "+strings.Join(null, ","))
	}
	if len(configs) == 0 {
		return nil, failure{}
	}
	f := configFailure(config.ValidateTopic(c.brokerSettings(image), configs))
	return trimmed(configs), f
}

// manualReplicas returns the assignments of a request in order of partition.
func manualReplicas(image *metadata.Image, t *protocol.CreateTopicsRequestCreatableTopic) ([][]int32, failure) {
	if t.ReplicationFactor != -1 {
		return nil, fail(protocol.ErrInvalidRequest, "A manual partition assignment was specified, but replication factor was not set to -1.")
	}
	if t.NumPartitions != -1 {
		return nil, fail(protocol.ErrInvalidRequest, "A manual partition assignment was specified, but numPartitions was not set to -1.")
	}
	byIndex := make(map[int32][]int32, len(t.Assignments))
	factor := 0
	for _, a := range t.Assignments {
		if _, ok := byIndex[a.PartitionIndex]; ok {
			return nil, fail(protocol.ErrInvalidReplicaAssignment, fmt.Sprintf("Found multiple manual partition assignments for partition %d", a.PartitionIndex))
		}
		if f := checkManual(image, a.BrokerIDs, factor); f.failed() {
			return nil, f
		}
		factor = len(a.BrokerIDs)
		if len(activeOf(image, a.BrokerIDs)) == 0 {
			return nil, fail(protocol.ErrInvalidReplicaAssignment, fmt.Sprintf("All brokers specified in the manual partition assignment for partition %d are fenced or in controlled shutdown.", a.PartitionIndex))
		}
		byIndex[a.PartitionIndex] = a.BrokerIDs
	}
	replicas := make([][]int32, len(byIndex))
	for i := range replicas {
		ids, ok := byIndex[int32(i)]
		if !ok {
			return nil, fail(protocol.ErrInvalidReplicaAssignment, "partitions should be a consecutive 0-based integer sequence")
		}
		replicas[i] = ids
	}
	return replicas, failure{}
}

func (c *Core) placedReplicas(image *metadata.Image, place *placer, t *protocol.CreateTopicsRequestCreatableTopic) ([][]int32, failure) {
	switch {
	case t.ReplicationFactor < -1 || t.ReplicationFactor == 0:
		return nil, fail(protocol.ErrInvalidReplicationFactor, "Replication factor must be larger than 0, or -1 to use the default value.")
	case t.NumPartitions < -1 || t.NumPartitions == 0:
		return nil, fail(protocol.ErrInvalidPartitions, "Number of partitions was set to an invalid non-positive value.")
	}
	count, factor := int(t.NumPartitions), int(t.ReplicationFactor)
	if count == -1 {
		count = c.brokerSettings(image).Int("num.partitions")
	}
	if factor == -1 {
		factor = c.brokerSettings(image).Int("default.replication.factor")
	}
	return placeAll(image, place, count, factor)
}

func placeAll(image *metadata.Image, place *placer, count, factor int) ([][]int32, failure) {
	if f := place.check(factor); f.failed() {
		return nil, fail(f.code, fmt.Sprintf("Unable to replicate the partition %d time(s): %s", factor, f.text))
	}
	replicas := make([][]int32, count)
	for i := range replicas {
		replicas[i] = place.place(factor)
		if len(activeOf(image, replicas[i])) == 0 {
			return nil, fail(protocol.ErrInvalidReplicationFactor, fmt.Sprintf("Unable to replicate the partition %d time(s): All brokers are currently fenced or in controlled shutdown.", factor))
		}
	}
	return replicas, failure{}
}

// activeOf returns the replicas that can be in a new partition's ISR, in order of preference.
func activeOf(image *metadata.Image, replicas []int32) []int32 {
	var out []int32
	for _, id := range replicas {
		if isActive(image, id) {
			out = append(out, id)
		}
	}
	return out
}

// partitionRecord returns a new partition. Its ISR are the active replicas, and the first of them
// leads.
func partitionRecord(image *metadata.Image, topic wire.UUID, index int32, replicas []int32) *mr.PartitionRecord {
	isr := activeOf(image, replicas)
	r := &mr.PartitionRecord{TopicID: topic, PartitionID: index, Replicas: replicas, ISR: isr, Leader: isr[0],
		Directories: make([]wire.UUID, len(replicas))}
	for i, id := range replicas {
		r.Directories[i] = defaultDirectory(image, id)
	}
	return r
}

func (t *newTopic) records(image *metadata.Image) []Record {
	records := []Record{&mr.TopicRecord{Name: t.name, TopicID: t.id}}
	records = append(records, configRecords(metadata.ResourceTopic, t.name, nil, t.configs)...)
	if _, ok := t.configs[minInsyncReplicas]; ok && image.Features().ELREnabled() {
		// Kafka writes it for every change of the minimum.
		records = append(records, &mr.ClearELRRecord{TopicName: t.name})
	}
	for i, replicas := range t.replicas {
		records = append(records, partitionRecord(image, t.id, int32(i), replicas))
	}
	return records
}

func (c *Core) topicResult(image *metadata.Image, t *newTopic) protocol.CreateTopicsResponseCreatableTopicResult {
	out := *protocol.New[protocol.CreateTopicsResponseCreatableTopicResult]()
	out.Name, out.TopicID, out.ErrorMessage = t.name, t.id, nil
	out.NumPartitions, out.ReplicationFactor = int32(len(t.replicas)), int16(len(t.replicas[0]))
	values := c.brokerSettings(image)
	if len(t.configs) > 0 {
		out.Configs = describeTopic(values, t.configs)
		return out
	}
	if c.settings.plain == nil {
		c.settings.plain = describeTopic(values, nil)
	}
	out.Configs = c.settings.plain
	return out
}

func describeTopic(values *config.Values, configs map[string]string) (out []protocol.CreateTopicsResponseCreatableTopicConfigs) {
	for _, entry := range config.DescribeTopic(values, configs, nil) {
		out = append(out, protocol.CreateTopicsResponseCreatableTopicConfigs{
			Name: entry.Name, Value: entry.Value, ReadOnly: entry.ReadOnly,
			ConfigSource: int8(entry.Source), IsSensitive: entry.Sensitive,
		})
	}
	return out
}

func failCreateTopics(r *protocol.CreateTopicsRequest, f failure) *protocol.CreateTopicsResponse {
	resp := protocol.New[protocol.CreateTopicsResponse]()
	for _, t := range r.Topics {
		resp.Topics = append(resp.Topics, topicFailure(t.Name, f))
	}
	return resp
}

func topicFailure(name string, f failure) protocol.CreateTopicsResponseCreatableTopicResult {
	out := *protocol.New[protocol.CreateTopicsResponseCreatableTopicResult]()
	out.Name, out.ErrorCode, out.ErrorMessage = name, f.code.Code(), f.message()
	return out
}
