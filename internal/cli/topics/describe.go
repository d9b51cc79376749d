package topics

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/gregorhq/gregor/internal/cli/client"
	"github.com/gregorhq/gregor/internal/cli/opt"
	"github.com/gregorhq/gregor/internal/protocol/wire"
)

// topic holds what --describe shows of a topic.
type topic struct {
	name       string
	id         [16]byte
	partitions []partition
	configs    []kmsg.DescribeConfigsResponseResourceConfig
}

type partition struct {
	id, leader     int32
	replicas, isr  []int32
	elr, lastELR   []int32
	hasELR         bool
	adding, moving []int32
	reassigned     bool
	removing       []int32
}

func (c *command) describeTopics() error {
	topics, err := c.picked()
	if err != nil {
		return err
	}
	if err := c.configs(topics); err != nil {
		return err
	}
	if err := c.reassignments(topics); err != nil {
		return err
	}
	md, err := client.Metadata(c.ctx, c.cl, []string{})
	if err != nil {
		return client.Unreachable("listNodes", err)
	}
	var live []int32
	for _, b := range md.Brokers {
		live = append(live, b.NodeID)
	}
	for _, t := range topics {
		c.print(t, live)
	}
	return nil
}

// picked finds the topics by id or by name, sorted by name.
func (c *command) picked() ([]*topic, error) {
	text, byID := c.set.Lookup(c.topicID)
	var id wire.UUID
	if byID {
		var err error
		if id, err = wire.ParseUUID(text); err != nil {
			return nil, opt.Worded(err, "--topic-id %s: %v", text, err)
		}
	}
	if !byID || id.IsZero() {
		names, err := c.existing()
		if err != nil || len(names) == 0 {
			return nil, err
		}
		return c.byName(names)
	}
	md, err := client.Metadata(c.ctx, c.cl, nil)
	if err != nil {
		return nil, client.Unreachable("listTopics", err)
	}
	for _, t := range md.Topics {
		if t.TopicID == id && !(t.IsInternal && c.set.Has(c.excludeInternal)) {
			return c.byName([]string{*t.Topic})
		}
	}
	if c.set.Has(c.ifExists) {
		return nil, nil
	}
	return nil, fmt.Errorf("TopicId '%s' does not exist as expected", wire.UUID(id).String())
}

// configs fetches the settings of the topics.
func (c *command) configs(topics []*topic) error {
	if len(topics) == 0 {
		return nil
	}
	req := kmsg.NewPtrDescribeConfigsRequest()
	for _, t := range topics {
		r := kmsg.NewDescribeConfigsRequestResource()
		r.ResourceType, r.ResourceName = kmsg.ConfigResourceTypeTopic, t.name
		req.Resources = append(req.Resources, r)
	}
	resp, err := client.Ask(c.ctx, c.cl, req)
	if err != nil {
		return client.Unreachable("describeConfigs", err)
	}
	for _, r := range resp.Resources {
		if err := client.Err(r.ErrorCode, r.ErrorMessage); err != nil {
			return err
		}
		for _, t := range topics {
			if t.name == r.ResourceName {
				t.configs = r.Configs
				slices.SortFunc(t.configs, func(a, b kmsg.DescribeConfigsResponseResourceConfig) int { return strings.Compare(a.Name, b.Name) })
			}
		}
	}
	return nil
}

func isDefault(k kmsg.DescribeConfigsResponseResourceConfig) bool {
	return k.Source == kmsg.ConfigSourceDefaultConfig
}

func (t *topic) minISR() int {
	for _, k := range t.configs {
		if k.Name == "min.insync.replicas" && k.Value != nil {
			n, _ := strconv.Atoi(*k.Value) // a broker's own number
			return n
		}
	}
	return 1
}

// replication is the number of replicas; of a partition that is moving, that before the move.
func (p *partition) replication() int {
	if p.reassigned && slices.ContainsFunc(p.replicas, func(id int32) bool {
		return slices.Contains(p.adding, id) || slices.Contains(p.removing, id)
	}) {
		return len(p.moving) - len(p.adding)
	}
	return len(p.replicas)
}

func (c *command) print(t *topic, live []int32) {
	report := c.set.Has(c.underReplicated) || c.set.Has(c.unavailable) || c.set.Has(c.underMinISR) || c.set.Has(c.atMinISR)
	if !report && (!c.set.Has(c.overrides) || slices.ContainsFunc(t.configs, func(k kmsg.DescribeConfigsResponseResourceConfig) bool { return !isDefault(k) })) {
		c.printTopic(t)
	}
	if c.set.Has(c.overrides) {
		return
	}
	for i := range t.partitions {
		p := &t.partitions[i]
		if !report ||
			c.set.Has(c.underReplicated) && p.replication() > len(p.isr) ||
			c.set.Has(c.unavailable) && (p.leader < 0 || !slices.Contains(live, p.leader)) ||
			c.set.Has(c.underMinISR) && (p.leader < 0 || len(p.isr) < t.minISR()) ||
			c.set.Has(c.atMinISR) && len(p.isr) == t.minISR() {
			c.printPartition(t, p)
		}
	}
}

func (c *command) printTopic(t *topic) {
	var configs []string
	for _, k := range t.configs {
		if isDefault(k) {
			continue
		}
		value := "null"
		if k.Value != nil {
			value = *k.Value
		}
		configs = append(configs, k.Name+"="+value)
	}
	line := "Topic: " + t.name
	if t.id != [16]byte{} {
		line += "\tTopicId: " + wire.UUID(t.id).String()
	}
	replication := 0
	if len(t.partitions) > 0 {
		replication = t.partitions[0].replication()
	}
	c.env.Print("%s\tPartitionCount: %d\tReplicationFactor: %d\tConfigs: %s\n", line, len(t.partitions), replication, strings.Join(configs, ","))
}

func (c *command) printPartition(t *topic, p *partition) {
	leader := "none"
	if p.leader >= 0 {
		leader = strconv.Itoa(int(p.leader))
	}
	line := fmt.Sprintf("\tTopic: %s\tPartition: %d\tLeader: %s\tReplicas: %s\tIsr: %s", t.name, p.id, leader, joined(p.replicas), joined(p.isr))
	if p.reassigned {
		line += "\tAdding Replicas: " + joined(p.adding) + "\tRemoving Replicas: " + joined(p.removing)
	}
	elr, last := "N/A", "N/A"
	if p.hasELR {
		elr, last = joined(p.elr), joined(p.lastELR)
	}
	c.env.Print("%s\tElr: %s\tLastKnownElr: %s\n", line, elr, last)
}
