package groups

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/gregorhq/gregor/internal/cli/client"
)

// targets returns the new offset of each partition.
func (c *command) targets(group string, ps []partition) ([]target, error) {
	if err := c.checkPartitions(ps); err != nil {
		return nil, err
	}
	s := c.set
	switch {
	case s.Has(c.toOffset):
		at := map[partition]int64{}
		for _, p := range ps {
			at[p] = c.offset
		}
		return c.inRange(at)
	case s.Has(c.toEarliest):
		return c.moment(ps, earliest)
	case s.Has(c.toLatest):
		return c.moment(ps, latest)
	case s.Has(c.toDatetime):
		ms, err := parseDatetime(s.Strings(c.toDatetime)[0])
		if err != nil {
			return nil, err
		}
		return c.byTime(ps, ms)
	case s.Has(c.byDuration):
		d, err := client.ParseDuration(s.String(c.byDuration))
		if err != nil {
			return nil, err
		}
		return c.byTime(ps, time.Now().Add(-d).UnixMilli())
	case s.Has(c.fromFile):
		return c.fromPlan(group)
	case s.Has(c.shiftBy), s.Has(c.toCurrent):
		return c.fromCurrent(group, ps)
	}
	var names []string
	for _, h := range c.how() {
		names = append(names, h.String())
	}
	return nil, c.p.Usage("Option '%s' requires one of the following scenarios: [%s]", c.resetOffsets, strings.Join(names, ", "))
}

// ordered returns the targets sorted by partition.
func ordered(at map[partition]int64) []target {
	var out []target
	for _, p := range slices.SortedFunc(maps.Keys(at), comparePartitions) {
		out = append(out, target{p, at[p]})
	}
	return out
}

// inRange moves offsets that lie outside of their logs to the nearer end.
func (c *command) inRange(at map[partition]int64) ([]target, error) {
	ps := slices.Collect(maps.Keys(at))
	starts, err := c.listOffsets(ps, earliest)
	if err != nil {
		return nil, wrapped(err)
	}
	ends, err := c.listOffsets(ps, latest)
	if err != nil {
		return nil, wrapped(err)
	}
	out := ordered(at)
	for i := range out {
		t := &out[i]
		start, end := starts[t.partition], ends[t.partition]
		switch {
		case t.offset > end:
			c.logWarn("New offset (%d) is higher than latest offset for topic partition %v. Value will be set to %d", t.offset, t.partition, end)
			t.offset = end
		case t.offset < start:
			c.logWarn("New offset (%d) is lower than earliest offset for topic partition %v. Value will be set to %d", t.offset, t.partition, start)
			t.offset = start
		}
	}
	return out, nil
}

func (c *command) moment(ps []partition, at int64) ([]target, error) {
	offsets, err := c.listOffsets(ps, at)
	if err != nil {
		return nil, wrapped(err)
	}
	for _, p := range ps {
		if _, ok := offsets[p]; !ok {
			word := "ending"
			if at == earliest {
				word = "starting"
			}
			text := fmt.Sprintf("Error getting %s offset of topic partition: %v", word, p)
			if c.env.Native() {
				return nil, errors.New(text) // the command line is right
			}
			return nil, c.p.Usage("%s", text)
		}
	}
	return ordered(offsets), nil
}

// byTime resets to the first record of ms (since 1970) or later, and to the end where there is
// none.
func (c *command) byTime(ps []partition, ms int64) ([]target, error) {
	offsets, err := c.listOffsets(ps, ms)
	if err != nil {
		return nil, wrapped(err)
	}
	var none []partition
	for _, t := range ordered(offsets) {
		if t.offset >= 0 {
			continue
		}
		none = append(none, t.partition)
		c.env.Print("\nWarn: Partition %d from topic %s is empty. Falling back to latest known offset.\n", t.index, t.topic)
	}
	ends, err := c.listOffsets(none, latest)
	if err != nil {
		return nil, wrapped(err)
	}
	maps.Copy(offsets, ends)
	return ordered(offsets), nil
}

// fromCurrent is --shift-by and --to-current.
func (c *command) fromCurrent(group string, ps []partition) ([]target, error) {
	current, err := c.committedOffsets(group)
	if err != nil {
		return nil, err
	}
	at := map[partition]int64{}
	var without []partition
	for _, p := range ps {
		if o, ok := current[p]; ok {
			at[p] = o.offset + c.set.Int64(c.shiftBy)
			continue
		}
		if c.set.Has(c.shiftBy) {
			return nil, argumentf("Cannot shift offset for partition %v since there is no current committed offset", p)
		}
		without = append(without, p)
	}
	if c.set.Has(c.shiftBy) {
		return c.inRange(at)
	}
	ends, err := c.listOffsets(without, latest)
	if err != nil {
		return nil, wrapped(err)
	}
	maps.Copy(at, ends)
	return ordered(at), nil
}

// fromPlan is --from-file.
func (c *command) fromPlan(group string) ([]target, error) {
	plans, err := readPlans(c.set.Strings(c.fromFile)[0], c.set.Strings(c.group))
	if err != nil {
		return nil, err
	}
	at, ok := plans[group]
	if !ok {
		c.printError(fmt.Sprintf("No reset plan for group %s found", group))
		return nil, nil
	}
	return c.inRange(at)
}
