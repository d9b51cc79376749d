package groups

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/gregorhq/gregor/internal/cli/client"
	"github.com/gregorhq/gregor/internal/cli/javaorder"
	"github.com/gregorhq/gregor/internal/protocol"
)

// deleteGroups is --delete.
func (c *command) deleteGroups() error {
	ids, err := c.groupIDs()
	if err != nil {
		return err
	}
	ids = unique(ids)
	failed := map[string]error{}
	if len(ids) > 0 {
		ctx, cancel := c.call()
		defer cancel()
		req := kmsg.NewPtrDeleteGroupsRequest()
		req.Groups = ids
		resp, err := req.RequestWith(ctx, c.cl)
		if err != nil {
			return failedCall("deleteConsumerGroups", err)
		}
		for _, g := range resp.Groups {
			if err := failure(g.ErrorCode, nil); err != nil {
				failed[g.Group] = err
			}
		}
	}
	var done []string
	var lines []string
	for _, id := range javaorder.Strings(ids, 0) {
		if err := failed[id]; err != nil {
			lines = append(lines, fmt.Sprintf("* Group '%s' could not be deleted due to: %s", id, err))
		} else {
			done = append(done, "'"+id+"'")
		}
	}
	if len(failed) == 0 {
		c.env.Print("Deletion of requested consumer groups (%s) was successful.\n", strings.Join(done, ", "))
		return nil
	}
	c.printError("Deletion of some consumer groups failed:")
	c.env.Print("%s\n", strings.Join(lines, "\n"))
	if len(done) > 0 {
		c.env.Print("\nThese consumer groups were deleted successfully: %s\n", strings.Join(done, ", "))
	}
	return nil
}

// deleteGroupOffsets is --delete-offsets.
func (c *command) deleteGroupOffsets() error {
	if err := c.set.Check(c.group); err != nil {
		return err
	}
	group := c.set.String(c.group)
	ps, results, err := c.partitionsToDelete()
	if err != nil {
		return err
	}
	code, err := c.sendDelete(group, ps, results)
	if err != nil {
		return err
	}
	partial := false
	for _, p := range ps {
		partial = partial || results[p] != nil
	}
	switch {
	case code != 0:
		c.printError(code.Message())
	case partial:
		c.printError("Encountered some partition-level error, see the follow-up details.")
	default:
		c.env.Print("Request succeeded for deleting offsets from group %s.\n", group)
	}
	c.printDeleted(results)
	return nil
}

// partitionsToDelete are those of --topic. A topic that cannot be described is a result already.
func (c *command) partitionsToDelete() ([]partition, map[partition]error, error) {
	results := map[partition]error{}
	ps, err := c.topicArgs(func(topic string, err error) error {
		results[partition{topic, -1}] = err
		return nil
	})
	return ps, results, err
}

// sendDelete enters each partition's result; the code is the group's own.
func (c *command) sendDelete(group string, ps []partition, results map[partition]error) (protocol.Error, error) {
	ctx, cancel := c.call()
	defer cancel()
	req := kmsg.NewPtrOffsetDeleteRequest()
	req.Group = group
	for _, same := range byTopic(ps) {
		t := kmsg.NewOffsetDeleteRequestTopic()
		t.Topic = same[0].topic
		for _, p := range same {
			results[p] = nil
			rp := kmsg.NewOffsetDeleteRequestTopicPartition()
			rp.Partition = p.index
			t.Partitions = append(t.Partitions, rp)
		}
		req.Topics = append(req.Topics, t)
	}
	resp, err := req.RequestWith(ctx, c.cl)
	if err != nil {
		return 0, failedCall("deleteConsumerGroupOffsets", err)
	}
	if resp.ErrorCode != 0 {
		for _, p := range ps {
			results[p] = failure(resp.ErrorCode, nil)
		}
		return protocol.Error(resp.ErrorCode), nil
	}
	for _, t := range resp.Topics {
		for _, p := range t.Partitions {
			results[partition{t.Topic, p.Partition}] = failure(p.ErrorCode, nil)
		}
	}
	return 0, nil
}

func (c *command) printDeleted(results map[partition]error) {
	width := 15
	var ps []partition
	for p := range results {
		width = max(width, len(p.topic))
		ps = append(ps, p)
	}
	slices.SortFunc(ps, func(a, b partition) int {
		return strings.Compare(a.topic+strconv.Itoa(int(a.index)), b.topic+strconv.Itoa(int(b.index)))
	})
	line := func(topic, partition, status string) {
		c.env.Print("\n%s", row(pad(topic, width), pad(partition, 10), pad(status, 15)))
	}
	line("TOPIC", "PARTITION", "STATUS")
	for _, p := range ps {
		status := "Successful"
		if err := results[p]; err != nil {
			status = "Error: " + err.Error()
		}
		line(p.topic, number(p.index), status)
	}
	c.env.Print("\n")
}

// parseTopicArg reads topic:0,1,2.
func parseTopicArg(arg string) ([]partition, error) {
	name, list, _ := strings.Cut(arg, ":")
	if list = strings.TrimRight(list, ":"); list == "" || strings.Contains(list, ":") {
		return nil, argumentf("Invalid topic arg '%s', expected topic name and partitions", arg)
	}
	var ps []partition
	for _, word := range strings.Split(strings.TrimRight(list, ","), ",") {
		n, err := strconv.ParseInt(word, 10, 32)
		if err != nil {
			return nil, argumentf("Invalid partition '%s' specified in topic arg '%s''", word, arg)
		}
		ps = append(ps, partition{name, int32(n)})
	}
	return ps, nil
}

// regex is --validate-regex.
func (c *command) regex() int {
	text := c.set.String(c.validateRegex)
	if _, err := client.NewFilter(text); err != nil {
		c.env.Print("The regular expression `%s` is invalid: %s.\n", text, err)
		return 1
	}
	c.env.Print("The regular expression `%s` is valid.\n", text)
	return 0
}
