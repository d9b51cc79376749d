package groups

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/gregorhq/gregor/internal/cli/client"
	"github.com/gregorhq/gregor/internal/protocol"
)

// target is the new position of one partition.
type target struct {
	partition
	offset int64
}

// plan holds the new positions of a group's partitions, sorted by partition.
type plan struct {
	group   string
	targets []target
}

// reset is --reset-offsets. It resets groups that have no members or do not exist yet.
func (c *command) reset() error {
	ids, err := c.groupIDs()
	if err != nil {
		return err
	}
	found, failed, err := c.describeEach(ids)
	if err != nil {
		return err
	}
	var plans []plan
	for _, id := range slices.Sorted(slices.Values(unique(ids))) {
		p := plan{group: id}
		err, state := failed[id], found[id].state
		switch {
		case err != nil && !errors.Is(err, protocol.ErrGroupIDNotFound):
			return wrapped(err)
		case err == nil && state != stateEmpty && state != stateDead:
			c.printError(fmt.Sprintf("Assignments can only be reset if the group '%s' is inactive, but the current state is %s.", id, state))
		default:
			if p.targets, err = c.resetGroup(id); err != nil {
				return err
			}
		}
		plans = append(plans, p)
	}
	if c.set.Has(c.export) {
		c.env.Print("%s\n", exported(plans, len(c.set.Strings(c.group)) == 1))
		return nil
	}
	c.printPlans(plans)
	return nil
}

func (c *command) resetGroup(group string) ([]target, error) {
	ps, err := c.partitionsToReset(group)
	if err != nil {
		return nil, err
	}
	targets, err := c.targets(group, ps)
	if err != nil || !c.set.Has(c.execute) || c.set.Has(c.dryRun) {
		return targets, err
	}
	return targets, c.commit(group, targets)
}

// partitionsToReset are those of --all-topics or --topic; --from-file names its own.
func (c *command) partitionsToReset(group string) ([]partition, error) {
	var ps []partition
	switch {
	case c.set.Has(c.allTopics):
		at, err := c.committedOffsets(group)
		if err != nil {
			return nil, err
		}
		for p := range at {
			ps = append(ps, p)
		}
		slices.SortFunc(ps, comparePartitions)
		return ps, nil
	case c.set.Has(c.topic):
		return c.topicArgs(func(_ string, err error) error { return errors.New(err.Error()) })
	case !c.set.Has(c.fromFile):
		return nil, c.p.Usage("One of the reset scopes should be defined: --all-topics, --topic.")
	}
	return nil, nil
}

// topicArgs are the partitions of --topic, each topic:0,1,2 or a whole topic. unknown handles a
// topic that cannot be described; its error ends the call.
func (c *command) topicArgs(unknown func(topic string, err error) error) ([]partition, error) {
	var ps []partition
	var whole []string
	for _, arg := range c.set.Strings(c.topic) {
		if !strings.Contains(arg, ":") {
			whole = append(whole, arg)
			continue
		}
		some, err := parseTopicArg(arg)
		if err != nil {
			return nil, err
		}
		ps = append(ps, some...)
	}
	known, err := c.topics(whole)
	if err != nil {
		return nil, err
	}
	for _, t := range whole {
		if err := known[t].err; err != nil {
			if err := unknown(t, err); err != nil {
				return nil, err
			}
			continue
		}
		for i := range int32(len(known[t].leaders)) {
			ps = append(ps, partition{t, i})
		}
	}
	return ps, nil
}

// checkPartitions refuses partitions that do not exist or have no leader.
func (c *command) checkPartitions(ps []partition) error {
	known, err := c.describeTopics(ps)
	if err != nil {
		return err
	}
	var missing, headless []string
	for _, p := range ps {
		leader, ok := known[p.topic].leaders[p.index]
		switch {
		case !ok:
			missing = append(missing, p.String())
		case leader < 0:
			headless = append(headless, p.String())
		}
	}
	if len(missing) > 0 {
		return fmt.Errorf(`The partitions "%s" do not exist`, strings.Join(missing, ","))
	}
	if len(headless) > 0 {
		return fmt.Errorf(`The partitions "%s" have no leader`, strings.Join(headless, ","))
	}
	return nil
}

// commit writes the new positions.
func (c *command) commit(group string, targets []target) error {
	ctx, cancel := c.call()
	defer cancel()
	req := kmsg.NewPtrOffsetCommitRequest()
	req.Group, req.Generation = group, -1
	for _, same := range byTopic(targets) {
		rt := kmsg.NewOffsetCommitRequestTopic()
		rt.Topic = same[0].topic
		for _, t := range same {
			rp := kmsg.NewOffsetCommitRequestTopicPartition()
			rp.Partition, rp.Offset, rp.LeaderEpoch, rp.Metadata = t.index, t.offset, -1, new("")
			rt.Partitions = append(rt.Partitions, rp)
		}
		req.Topics = append(req.Topics, rt)
	}
	resp, err := client.Ask(ctx, c.cl, req)
	if err != nil {
		return client.Unreachable("alterConsumerGroupOffsets", err)
	}
	for _, t := range resp.Topics {
		for _, p := range t.Partitions {
			if err := client.Err(p.ErrorCode, nil); err != nil {
				return err
			}
		}
	}
	return nil
}

func (c *command) printPlans(plans []plan) {
	group, topic := 15, 15
	for _, p := range plans {
		group = max(group, len(p.group))
		for _, t := range p.targets {
			topic = max(topic, len(t.topic))
		}
	}
	line := func(g, t, p, o string) {
		c.env.Print("\n%s", row(pad(g, group), pad(t, topic), pad(p, 10), o))
	}
	if len(plans) > 0 {
		line("GROUP", "TOPIC", "PARTITION", "NEW-OFFSET")
	}
	for _, p := range plans {
		for _, t := range p.targets {
			line(p.group, t.topic, fmt.Sprint(t.index), fmt.Sprint(t.offset))
		}
	}
	c.env.Print("\n")
}

// logWarn prints a warning to stderr: under Kafka's name as a line of its log.
func (c *command) logWarn(format string, args ...any) {
	if c.env.Native() {
		c.env.Warn("WARN "+format, args...)
		return
	}
	now := time.Now()
	c.env.Warn("[%s,%03d] WARN %s (org.apache.kafka.tools.OffsetsUtils)", now.Format("2006-01-02 15:04:05"),
		now.Nanosecond()/int(time.Millisecond), fmt.Sprintf(format, args...))
}
