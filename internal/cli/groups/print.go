package groups

import (
	"slices"
	"strconv"
	"strings"
)

func number(n int32) string {
	if n < 0 {
		return dash
	}
	return strconv.Itoa(int(n))
}

// printState is --describe --state.
func (c *command) printState(g description) error {
	if ok, err := c.announce(g); !ok {
		return err
	}
	line := func(group, at, strategy, state, epoch, target, members string) {
		columns := []string{pad(group, max(15, len(g.id))), pad(at, max(25, len(g.coordinator))), pad(strategy, 20), pad(state, 20)}
		if c.set.Has(c.verbose) {
			columns = append(columns, pad(epoch, 15), pad(target, 25))
		}
		c.env.Print("\n%s", row(append(columns, members)...))
	}
	line("GROUP", "COORDINATOR (ID)", "ASSIGNMENT-STRATEGY", "STATE", "GROUP-EPOCH", "TARGET-ASSIGNMENT-EPOCH", "#MEMBERS")
	line(g.id, g.coordinator, orDash(g.assignor), g.state, number(g.epoch), number(g.targetEpoch), strconv.Itoa(len(g.members)))
	c.env.Print("\n")
	return nil
}

// printMembers is --describe --members.
func (c *command) printMembers(g description) error {
	if ok, err := c.announce(g); !ok {
		return err
	}
	w := memberWidths(g)
	verbose := c.set.Has(c.verbose)
	line := func(columns [6]string, more [5]string) {
		out := []string{pad(columns[0], w.group), pad(columns[1], w.id)}
		if w.instances {
			out = append(out, pad(columns[2], w.instance))
		}
		out = append(out, pad(columns[3], w.host), pad(columns[4], w.client), pad(columns[5], 15))
		if verbose {
			out = append(out, pad(more[0], 15), pad(more[1], w.assigned), pad(more[2], 15), pad(more[3], w.target))
			if w.upgraded {
				out = append(out, more[4])
			}
		} else {
			out = append(out, "") // Kafka's lines end with a blank here
		}
		c.env.Print("%s\n", row(out...))
	}
	c.env.Print("\n")
	line([6]string{"GROUP", "CONSUMER-ID", "GROUP-INSTANCE-ID", "HOST", "CLIENT-ID", "#PARTITIONS"},
		[5]string{"CURRENT-EPOCH", "CURRENT-ASSIGNMENT", "TARGET-EPOCH", "TARGET-ASSIGNMENT", "UPGRADED"})
	for _, m := range g.members {
		upgraded := dash
		if m.upgraded != nil {
			upgraded = strconv.FormatBool(*m.upgraded)
		}
		line([6]string{g.id, m.id, m.instance, m.host, m.client, strconv.Itoa(len(m.assigned))},
			[5]string{number(m.epoch), orDash(assignment(m.assigned)), number(g.targetEpoch), orDash(assignment(m.target)), upgraded})
	}
	return nil
}

type widths struct {
	group, id, instance, host, client, assigned, target int
	instances, upgraded                                 bool
}

func memberWidths(g description) widths {
	w := widths{group: 15, id: 15, instance: 17, host: 15, client: 15, assigned: 20, target: 20}
	var classic, modern bool
	for _, m := range g.members {
		w.group, w.id, w.instance = max(w.group, len(g.id)), max(w.id, len(m.id)), max(w.instance, len(m.instance))
		w.host, w.client = max(w.host, len(m.host)), max(w.client, len(m.client))
		w.assigned, w.target = max(w.assigned, len(assignment(m.assigned))), max(w.target, len(assignment(m.target)))
		w.instances = w.instances || m.instance != ""
		classic = classic || m.upgraded != nil && !*m.upgraded
		modern = modern || m.upgraded != nil && *m.upgraded
	}
	// The column is shown only while members of both protocols are in the group.
	w.upgraded = classic && modern
	return w
}

// assignment is topic:0,1;other:2.
func assignment(ps []partition) string {
	byTopic := map[string][]int32{}
	for _, p := range ps {
		byTopic[p.topic] = append(byTopic[p.topic], p.index)
	}
	var topics []string
	for t, indexes := range byTopic {
		slices.Sort(indexes)
		var words []string
		for _, i := range indexes {
			words = append(words, strconv.Itoa(int(i)))
		}
		topics = append(topics, t+":"+strings.Join(words, ","))
	}
	slices.Sort(topics)
	return strings.Join(topics, ";")
}
