package topics

import (
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/gregorhq/gregor/internal/cli/client"
	"github.com/gregorhq/gregor/internal/cli/opt"
	"github.com/gregorhq/gregor/internal/protocol"
)

const collision = "WARNING: Due to limitations in metric names, topics with a period ('.') or underscore ('_') could collide. To avoid issues it is best to use either, but not both."

// timeoutMs bounds how long a broker may take to change topics: request.timeout.ms of Kafka's admin
// client.
const timeoutMs = 30_000

func (c *command) createTopic() error {
	req, err := c.newTopic()
	if err != nil {
		return err
	}
	if strings.ContainsAny(req.Topic, "._") {
		c.env.Print("%s\n", collision)
	}
	if err := c.checkNumbers(); err != nil {
		return err
	}
	if req.Topic == "" {
		return opt.Worded(opt.Errorf("The given topic name '' cannot be represented in a request."), "TOPIC is empty")
	}
	r := kmsg.NewPtrCreateTopicsRequest()
	r.TimeoutMillis = timeoutMs
	r.Topics = append(r.Topics, req)
	resp, err := client.Ask(c.ctx, c.cl, r)
	if err != nil {
		return client.Unreachable("createTopics", err)
	}
	for _, t := range resp.Topics {
		err := client.Err(t.ErrorCode, t.ErrorMessage)
		if errors.Is(err, protocol.ErrTopicAlreadyExists) && c.set.Has(c.ifNotExists) {
			return nil
		}
		if errors.Is(err, protocol.ErrInvalidReplicationFactor) && c.cluster.FromZooKeepersTime(c.set) && c.set.Has(c.replication) {
			return c.oldReplicationError()
		}
		if err != nil {
			return err
		}
	}
	c.env.Print("Created topic %s.\n", req.Topic)
	return nil
}

// oldReplicationError is the error of Kafka releases that had --zookeeper.
func (c *command) oldReplicationError() error {
	md, err := client.Metadata(c.ctx, c.cl, []string{})
	if err != nil {
		return client.Unreachable("listNodes", err)
	}
	return fmt.Errorf("Replication factor: %d larger than available brokers: %d.", c.set.Int(c.replication), len(md.Brokers))
}

func (c *command) checkNumbers() error {
	if rf := c.set.Int(c.replication); c.set.Has(c.replication) && (rf < 1 || rf > math.MaxInt16) {
		return opt.Worded(opt.Errorf("The replication factor must be between 1 and 32767 inclusive"), "--replication-factor %d: it must be between 1 and 32767", rf)
	}
	if c.set.Has(c.partitions) && c.set.Int(c.partitions) < 1 {
		return opt.Worded(opt.Errorf("The partitions must be greater than 0"), "--partitions %d: it must be greater than 0", c.set.Int(c.partitions))
	}
	return nil
}

func (c *command) newTopic() (t kmsg.CreateTopicsRequestTopic, err error) {
	t = kmsg.NewCreateTopicsRequestTopic()
	if err := c.set.Check(c.partitions, c.replication); err != nil {
		return t, err
	}
	t.Topic = c.set.String(c.topic)
	t.NumPartitions, t.ReplicationFactor = -1, -1
	if c.set.Has(c.partitions) {
		t.NumPartitions = int32(c.set.Int(c.partitions))
	}
	if c.set.Has(c.replication) {
		t.ReplicationFactor = int16(c.set.Int(c.replication))
	}
	assignment, err := c.parseAssignment()
	if err != nil {
		return t, err
	}
	for p, replicas := range assignment {
		a := kmsg.NewCreateTopicsRequestTopicReplicaAssignment()
		a.Partition, a.Replicas = int32(p), replicas
		t.ReplicaAssignment = append(t.ReplicaAssignment, a)
	}
	configs, err := c.parseConfigs()
	for _, k := range slices.Sorted(maps.Keys(configs)) {
		cfg := kmsg.NewCreateTopicsRequestTopicConfig()
		cfg.Name, cfg.Value = k, kmsg.StringPtr(configs[k])
		t.Configs = append(t.Configs, cfg)
	}
	return t, err
}

func (c *command) parseConfigs() (map[string]string, error) {
	configs := map[string]string{}
	for _, kv := range c.set.Strings(c.config) {
		parts := strings.Split(kv, "=")
		for len(parts) > 1 && parts[len(parts)-1] == "" { // Java's split drops empty parts at the end
			parts = parts[:len(parts)-1]
		}
		if len(parts) != 2 {
			return nil, opt.Worded(opt.Errorf(`requirement failed: Invalid topic config: all configs to be added must be in the format "key=val".`),
				"--config %s: the form is KEY=VALUE", kv)
		}
		configs[strings.TrimSpace(parts[0])] = strings.TrimSpace(parts[1])
	}
	return configs, nil
}

// parseAssignment reads --replica-assignment: commas between partitions, colons between brokers.
func (c *command) parseAssignment() (assignment [][]int32, err error) {
	text := c.set.String(c.assignment)
	if text == "" {
		return nil, nil
	}
	own := func(err error, why string) error { return opt.Worded(err, "--replica-assignment %s: %s", text, why) }
	for i, part := range strings.Split(text, ",") {
		var replicas, twice []int32
		for _, id := range strings.Split(part, ":") {
			id = strings.TrimSpace(id)
			n, err := strconv.ParseInt(id, 10, 32)
			if err != nil {
				return nil, own(opt.Errorf("For input string: %q", id), fmt.Sprintf("%q is not the id of a broker", id))
			}
			if slices.Contains(replicas, int32(n)) && !slices.Contains(twice, int32(n)) {
				twice = append(twice, int32(n))
			}
			replicas = append(replicas, int32(n))
		}
		if len(twice) > 0 {
			return nil, own(opt.Errorf("Partition replica lists may not contain duplicate entries: %s", joined(twice)),
				fmt.Sprintf("partition %d names a broker twice: %s", i, joined(twice)))
		}
		assignment = append(assignment, replicas)
		if len(replicas) != len(assignment[0]) {
			return nil, own(opt.Errorf("Partition %d has different replication factor: [%s]", i, strings.ReplaceAll(joined(replicas), ",", ", ")),
				fmt.Sprintf("partition %d has another number of replicas than partition 0", i))
		}
	}
	return assignment, nil
}

func joined(ids []int32) string {
	s := make([]string, len(ids))
	for i, id := range ids {
		s[i] = strconv.Itoa(int(id))
	}
	return strings.Join(s, ",")
}

func sorted(s []string) []string {
	slices.Sort(s)
	return s
}
