package groups

import (
	"maps"
	"slices"
	"strconv"

	"github.com/gregorhq/gregor/internal/cli/client"
)

// position is one line of --describe --offsets. Offsets and epoch are -1 where there are none.
type position struct {
	partition
	committed, end       int64
	epoch                int32
	member, host, client string
}

// printOffsets is --describe, with or without --offsets.
func (c *command) printOffsets(g description, lines []position) error {
	ok, err := c.announce(g)
	if !ok || len(lines) == 0 {
		return err
	}
	group, topic, id, host := max(15, len(g.id)), 15, 15, 15
	for _, l := range lines {
		topic, id, host = max(topic, len(l.topic)), max(id, len(l.member)), max(host, len(l.host))
	}
	print := func(g, t, p, epoch, at, end, lag, member, where, client string) {
		columns := []string{pad(g, group), pad(t, topic), pad(p, 10)}
		if c.set.Has(c.verbose) {
			columns = append(columns, pad(epoch, 15))
		}
		columns = append(columns, pad(at, 15), pad(end, 15), pad(lag, 15), pad(member, id), pad(where, host), client)
		c.env.Print("\n%s", row(columns...))
	}
	print("GROUP", "TOPIC", "PARTITION", "LEADER-EPOCH", "CURRENT-OFFSET", "LOG-END-OFFSET", "LAG", "CONSUMER-ID", "HOST", "CLIENT-ID")
	for _, l := range lines {
		lag := dash
		if l.committed >= 0 && l.end >= 0 {
			lag = strconv.FormatInt(l.end-l.committed, 10)
		}
		print(g.id, l.topic, strconv.Itoa(int(l.index)), number(l.epoch), offset(l.committed), offset(l.end), lag, l.member, l.host, l.client)
	}
	c.env.Print("\n")
	return nil
}

func offset(n int64) string {
	if n < 0 {
		return dash
	}
	return strconv.FormatInt(n, 10)
}

// positions returns the lines of a group: first those of members, by their number of partitions,
// then those of partitions without a member.
func (c *command) positions(g description) ([]position, error) {
	at, err := c.committedOffsets(g.id)
	if err != nil {
		return nil, err
	}
	members := slices.Clone(g.members)
	slices.SortStableFunc(members, func(a, b member) int { return len(b.assigned) - len(a.assigned) })
	left := maps.Clone(at)
	var out []position
	for _, m := range members {
		for _, p := range m.assigned {
			delete(left, p)
		}
		lines, err := c.lines(m.assigned, at, m)
		if err != nil {
			return nil, err
		}
		out = append(out, lines...)
	}
	lines, err := c.lines(slices.Collect(maps.Keys(left)), at, member{id: dash, host: dash, client: dash})
	return append(out, lines...), err
}

// lines are those of one member, sorted. A partition without a leader has no end.
func (c *command) lines(ps []partition, at map[partition]committed, m member) ([]position, error) {
	if len(ps) == 0 {
		return nil, nil
	}
	led, err := c.withLeader(ps)
	if err != nil {
		return nil, err
	}
	ends, err := c.listOffsets(led, latest)
	if err != nil {
		return nil, err
	}
	var out []position
	for _, p := range ps {
		l := position{partition: p, committed: -1, end: -1, epoch: -1, member: m.id, host: m.host, client: m.client}
		if o, ok := at[p]; ok {
			l.committed, l.epoch = o.offset, o.epoch
		}
		if end, ok := ends[p]; ok {
			l.end = end
		}
		out = append(out, l)
	}
	slices.SortFunc(out, func(a, b position) int { return comparePartitions(a.partition, b.partition) })
	return out, nil
}

// withLeader are the partitions that have one. A topic that is gone is an error, as in Kafka's
// tool.
func (c *command) withLeader(ps []partition) ([]partition, error) {
	known, err := c.describeTopics(ps)
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(slices.Clone(ps), func(p partition) bool {
		leader, ok := known[p.topic].leaders[p.index]
		return ok && leader < 0
	}), nil
}

// wrapped marks an error that Kafka's tool prints as the cause of another exception.
func wrapped(err error) error {
	return &client.Exception{Class: "java.util.concurrent.ExecutionException", Err: err}
}

// describeTopics describes the topics of partitions; one that cannot be described fails all.
func (c *command) describeTopics(ps []partition) (map[string]topic, error) {
	var names []string
	for _, p := range ps {
		if !slices.Contains(names, p.topic) {
			names = append(names, p.topic)
		}
	}
	known, err := c.topics(names)
	if err != nil {
		return nil, err
	}
	for _, n := range names {
		if err := known[n].err; err != nil {
			return nil, wrapped(err)
		}
	}
	return known, nil
}
