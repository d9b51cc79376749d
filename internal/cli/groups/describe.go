package groups

import (
	"fmt"
	"slices"
	"strings"

	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/gregorhq/gregor/internal/cli/client"
	"github.com/gregorhq/gregor/internal/protocol"
)

// member of a group. Epochs are -1 in groups of the classic protocol.
type member struct {
	id, instance, host, client string
	assigned, target           []partition
	epoch                      int32
	// upgraded reports, in groups of the consumer protocol, whether the member uses that protocol
	// itself. It is nil if unknown.
	upgraded *bool
}

// description of a group. Epochs are -1 in groups of the classic protocol.
type description struct {
	id, state, assignor string
	coordinator         string // host:port  (id)
	members             []member
	epoch, targetEpoch  int32
}

// describeGroups is --describe.
func (c *command) describeGroups() error {
	ids, err := c.groupIDs()
	if err != nil {
		return err
	}
	groups, err := c.describeAll(ids)
	if err != nil {
		return err
	}
	slices.SortFunc(groups, func(a, b description) int { return strings.Compare(a.id, b.id) })
	if !c.set.Has(c.options.members) && !c.set.Has(c.options.state) {
		return c.describeOffsets(groups)
	}
	print := c.printState
	if c.set.Has(c.options.members) {
		print = c.printMembers
	}
	for _, g := range groups {
		if err := print(g); err != nil {
			return err
		}
	}
	return nil
}

// describeOffsets first asks about all groups and then prints.
func (c *command) describeOffsets(groups []description) error {
	var all [][]position
	for _, g := range groups {
		lines, err := c.positions(g)
		if err != nil {
			return err
		}
		all = append(all, lines)
	}
	for i, g := range groups {
		if err := c.printOffsets(g, all[i]); err != nil {
			return err
		}
	}
	return nil
}

// describeAll describes groups of both protocols. The first group that cannot be described is the
// error.
func (c *command) describeAll(ids []string) ([]description, error) {
	var out []description
	found, failed, err := c.describeEach(ids)
	if err != nil {
		return nil, err
	}
	for _, id := range slices.Sorted(slices.Values(unique(ids))) {
		if err := failed[id]; err != nil {
			return nil, err
		}
		out = append(out, found[id])
	}
	return out, nil
}

func unique(ids []string) (out []string) {
	for _, id := range ids {
		if !slices.Contains(out, id) {
			out = append(out, id)
		}
	}
	return out
}

// describeEach first describes groups of the consumer protocol, and then the others as classic
// groups, as Java's DescribeConsumerGroupsHandler does.
func (c *command) describeEach(ids []string) (map[string]description, map[string]error, error) {
	found, failed := map[string]description{}, map[string]error{}
	ids = unique(ids)
	if len(ids) == 0 {
		return found, failed, nil
	}
	ctx, cancel := c.call()
	defer cancel()
	modern, err := client.Supports(ctx, c.cl, int16(kmsg.ConsumerGroupDescribe))
	if err != nil {
		return nil, nil, client.Unreachable("describeConsumerGroups(api=FIND_COORDINATOR)", err)
	}
	if modern {
		req := kmsg.NewPtrConsumerGroupDescribeRequest()
		req.Groups = ids
		if err := eachShard(client.AskSharded(ctx, c.cl, req), func(at string, resp *kmsg.ConsumerGroupDescribeResponse) {
			ids = modernGroups(ids, at, resp, found, failed)
		}); err != nil {
			return nil, nil, err
		}
	}
	if len(ids) == 0 {
		return found, failed, nil
	}
	req := kmsg.NewPtrDescribeGroupsRequest()
	req.Groups = ids
	err = eachShard(client.AskSharded(ctx, c.cl, req), func(at string, resp *kmsg.DescribeGroupsResponse) {
		for i := range resp.Groups {
			g := &resp.Groups[i]
			if err := classicError(g); err != nil {
				failed[g.Group] = err
				continue
			}
			found[g.Group] = classicGroup(at, g)
		}
	})
	return found, failed, err
}

// eachShard hands on the answers of all coordinators, each with the coordinator's address.
func eachShard[R kmsg.Response](shards []kgo.ResponseShard, fn func(coordinator string, resp R)) error {
	for _, s := range shards {
		if s.Err != nil {
			return client.Unreachable("describeConsumerGroups(api=FIND_COORDINATOR)", s.Err)
		}
		fn(fmt.Sprintf("%s:%d  (%d)", s.Meta.Host, s.Meta.Port, s.Meta.NodeID), s.Resp.(R))
	}
	return nil
}

// modernGroups takes the groups of the consumer protocol out of ids.
func modernGroups(ids []string, at string, resp *kmsg.ConsumerGroupDescribeResponse, found map[string]description, failed map[string]error) []string {
	for i := range resp.Groups {
		g := &resp.Groups[i]
		switch protocol.Error(g.ErrorCode) {
		case protocol.ErrGroupIDNotFound, protocol.ErrUnsupportedVersion:
			continue // it may be a classic one
		case protocol.ErrNone:
			found[g.Group] = modernGroup(at, g)
		default:
			failed[g.Group] = client.Err(g.ErrorCode, g.ErrorMessage)
		}
		ids = slices.DeleteFunc(slices.Clone(ids), func(id string) bool { return id == g.Group })
	}
	return ids
}

func modernGroup(at string, g *kmsg.ConsumerGroupDescribeResponseGroup) description {
	d := description{id: g.Group, state: g.State, assignor: g.AssignorName, coordinator: at, epoch: g.Epoch, targetEpoch: g.AssignmentEpoch}
	partitions := func(a kmsg.Assignment) (out []partition) {
		for _, t := range a.TopicPartitions {
			for _, p := range t.Partitions {
				out = append(out, partition{t.Topic, p})
			}
		}
		return out
	}
	for _, m := range g.Members {
		dm := member{id: m.MemberID, host: m.ClientHost, client: m.ClientID, epoch: m.MemberEpoch,
			assigned: partitions(m.Assignment), target: partitions(m.TargetAssignment)}
		if m.InstanceID != nil {
			dm.instance = *m.InstanceID
		}
		if m.MemberType >= 0 {
			dm.upgraded = new(m.MemberType == 1)
		}
		d.members = append(d.members, dm)
	}
	return d
}

func classicError(g *kmsg.DescribeGroupsResponseGroup) error {
	if err := client.Err(g.ErrorCode, g.ErrorMessage); err != nil {
		return err
	}
	if g.ProtocolType != "" && g.ProtocolType != "consumer" {
		return client.Exceptionf("java.lang.IllegalArgumentException", "GroupId %s is not a consumer group (%s).", g.Group, g.ProtocolType)
	}
	return nil
}

func classicGroup(at string, g *kmsg.DescribeGroupsResponseGroup) description {
	d := description{id: g.Group, state: proper(g.State, consumerStates), assignor: g.Protocol, coordinator: at, epoch: -1, targetEpoch: -1}
	for _, m := range g.Members {
		dm := member{id: m.MemberID, host: m.ClientHost, client: m.ClientID, epoch: -1}
		if m.InstanceID != nil {
			dm.instance = *m.InstanceID
		}
		var a kmsg.ConsumerMemberAssignment
		if len(m.MemberAssignment) > 0 && a.ReadFrom(m.MemberAssignment) == nil {
			for _, t := range a.Topics {
				for _, p := range t.Partitions {
					dm.assigned = append(dm.assigned, partition{t.Topic, p})
				}
			}
		}
		d.members = append(d.members, dm)
	}
	return d
}

// announce prints a note about a group's state, and reports whether there is more to print.
func (c *command) announce(g description) (bool, error) {
	switch g.state {
	case stateDead:
		c.printError(fmt.Sprintf("Consumer group '%s' does not exist.", g.id))
		return false, nil
	case stateEmpty:
		c.env.Warn("\nConsumer group '%s' has no active members.", g.id)
	case "PreparingRebalance", "CompletingRebalance", "Assigning", "Reconciling":
		c.env.Warn("\nWarning: Consumer group '%s' is rebalancing.", g.id)
	case "Stable":
	default:
		return false, fmt.Errorf("Expected a valid consumer group state, but found '%s'.", g.state)
	}
	return true, nil
}
