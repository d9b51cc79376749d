package groups

import (
	"errors"
	"fmt"
	"maps"
	"regexp"
	"regexp/syntax"
	"slices"
	"strconv"
	"strings"

	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/gregorhq/gregor/internal/cli/client"
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
	for _, id := range ids {
		if failed[id], err = c.deleteGroup(id); err != nil {
			return err
		}
	}
	if c.env.Native() {
		for _, id := range slices.Sorted(maps.Keys(failed)) {
			if err := failed[id]; err != nil {
				c.printError(fmt.Sprintf("Group %s is not deleted: %v", id, err))
			} else {
				c.env.Print("Deleted group %s.\n", id)
			}
		}
		return nil
	}
	c.printDeletedGroups(failed)
	return nil
}

// printDeletedGroups prints the outcome as Kafka's tool does.
func (c *command) printDeletedGroups(failed map[string]error) {
	var done, lines []string
	for _, id := range slices.Sorted(maps.Keys(failed)) {
		if err := failed[id]; err != nil {
			lines = append(lines, fmt.Sprintf("* Group '%s' could not be deleted due to: %s", id, c.env.Message(err)))
		} else {
			done = append(done, "'"+id+"'")
		}
	}
	if len(lines) == 0 {
		c.env.Print("Deletion of requested consumer groups (%s) was successful.\n", strings.Join(done, ", "))
		return
	}
	c.printError("Deletion of some consumer groups failed:")
	c.env.Print("%s\n", strings.Join(lines, "\n"))
	if len(done) > 0 {
		c.env.Print("\nThese consumer groups were deleted successfully: %s\n", strings.Join(done, ", "))
	}
}

// deleteGroup deletes one group. Each has a request of its own, so that a request that is sent
// again does not repeat what succeeded. failed is the answer about the group.
func (c *command) deleteGroup(id string) (failed, err error) {
	ctx, cancel := c.call()
	defer cancel()
	req := kmsg.NewPtrDeleteGroupsRequest()
	req.Groups = []string{id}
	resp, err := client.Ask(ctx, c.cl, req)
	if err != nil {
		return nil, client.Unreachable("deleteConsumerGroups", err)
	}
	for _, g := range resp.Groups {
		failed = client.Err(g.ErrorCode, nil)
	}
	return failed, nil
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
	for _, err := range results {
		c.failed = c.failed || err != nil
	}
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
	resp, err := client.Ask(ctx, c.cl, req)
	if err != nil {
		return 0, client.Unreachable("deleteConsumerGroupOffsets", err)
	}
	if resp.ErrorCode != 0 {
		for _, p := range ps {
			results[p] = client.Err(resp.ErrorCode, nil)
		}
		return protocol.Error(resp.ErrorCode), nil
	}
	for _, t := range resp.Topics {
		for _, p := range t.Partitions {
			results[partition{t.Topic, p.Partition}] = client.Err(p.ErrorCode, nil)
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
	slices.SortFunc(ps, comparePartitions)
	line := func(topic, partition, status string) {
		c.env.Print("\n%s", row(pad(topic, width), pad(partition, 10), pad(status, 15)))
	}
	line("TOPIC", "PARTITION", "STATUS")
	for _, p := range ps {
		status := "Successful"
		if err := results[p]; err != nil {
			status = "Error: " + c.env.Message(err)
		}
		line(p.topic, number(p.index), status)
	}
	c.env.Print("\n")
}

// parseTopicArg reads topic:0,1,2.
func parseTopicArg(arg string) ([]partition, error) {
	name, list, _ := strings.Cut(arg, ":")
	own := "--topic " + arg + ": the form is TOPIC, or TOPIC:0,1 for some partitions"
	if list = strings.TrimRight(list, ":"); list == "" || strings.Contains(list, ":") {
		return nil, &argumentError{fmt.Sprintf("Invalid topic arg '%s', expected topic name and partitions", arg), own}
	}
	var ps []partition
	for _, word := range strings.Split(strings.TrimRight(list, ","), ",") {
		n, err := strconv.ParseInt(word, 10, 32)
		if err != nil {
			return nil, &argumentError{fmt.Sprintf("Invalid partition '%s' specified in topic arg '%s''", word, arg), own}
		}
		ps = append(ps, partition{name, int32(n)})
	}
	return ps, nil
}

// regex is --validate-regex.
func (c *command) regex() int {
	text := c.set.String(c.validateRegex)
	if _, err := regexp.Compile(text); err != nil {
		why := err.Error()
		if e := new(syntax.Error); errors.As(err, &e) {
			why = e.Code.String()
		}
		c.env.Print("The regular expression `%s` is invalid: %s.\n", text, why)
		return 0 // as Kafka's tool
	}
	c.env.Print("The regular expression `%s` is valid.\n", text)
	return 0
}
