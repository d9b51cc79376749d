package main

import (
	"fmt"
	"slices"
	"strconv"
)

// consume consumes max records as the only member of a group that begins at the start, commits them
// and leaves.
func (s *scenario) consume(group, topic string, max int) ([]rec, error) {
	lines, err := s.ask(query("consume", "group", group, "topic", topic, "max", strconv.Itoa(max)))
	got, bad := parseRecs(lines)
	if err == nil {
		err = bad
	}
	return got, err
}

// commit consumes a part in one session of a group and the rest in the next: no record twice, and
// no record missing.
func (s *scenario) commit() error {
	topic, group := s.topic("commit"), s.topic("commit-group")
	if err := s.create(topic); err != nil {
		return fmt.Errorf("creating the topic: %w", err)
	}
	var sent []rec
	for i := range 60 {
		sent = append(sent, rec{partition: i % partitions, value: fmt.Appendf(nil, "commit-%03d", i)})
	}
	if err := s.produce(topic, "none", sent); err != nil {
		return fmt.Errorf("producing: %w", err)
	}
	const part = 25
	first, err := s.consume(group, topic, part)
	if err != nil {
		return fmt.Errorf("the first session: %w", err)
	}
	if err := s.committed(group, topic, first); err != nil {
		return err
	}
	second, err := s.consume(group, topic, len(sent)-len(first))
	if err != nil {
		return fmt.Errorf("the second session, after %d records: %w", len(first), err)
	}
	if err := compare(sent, append(slices.Clone(first), second...)); err != nil {
		return fmt.Errorf("sessions of %d and %d records: %w", len(first), len(second), err)
	}
	return nil
}

// committed asks the client for the group's committed offsets and compares them with the consumed
// records.
func (s *scenario) committed(group, topic string, consumed []rec) error {
	lines, err := s.ask(query("committed", "group", group, "topic", topic))
	if _, ok := err.(lacking); ok {
		return nil // the second session shows it
	}
	if err != nil {
		return fmt.Errorf("asking for the committed offsets: %w", err)
	}
	want, got := map[int]int64{}, map[int]int64{}
	for _, r := range consumed {
		want[r.partition] = max(want[r.partition], r.offset+1)
	}
	for _, l := range lines {
		p, _ := strconv.Atoi(l.values.Get("p"))
		o, _ := strconv.ParseInt(l.values.Get("o"), 10, 64)
		if o > 0 {
			got[p] = o
		}
	}
	if fmt.Sprint(want) != fmt.Sprint(got) {
		return fmt.Errorf("committed %v, the client reads %v", want, got)
	}
	return nil
}

// reset moves the group of the previous step back to the beginning and consumes all records again.
func (s *scenario) reset() error {
	topic, group := s.topic("commit"), s.topic("commit-group")
	if _, err := s.ask(query("reset", "group", group, "topic", topic)); err != nil {
		return err
	}
	got, err := s.consume(group, topic, 60)
	if err != nil {
		return fmt.Errorf("consuming again: %w", err)
	}
	if len(got) != 60 {
		return fmt.Errorf("%d records after the reset, not 60", len(got))
	}
	return nil
}

// time produces two lots of records one after the other and reads from the first timestamp of the
// second. The client must get exactly the records with that timestamp or a later one.
func (s *scenario) time() error {
	topic := s.topic("time")
	if err := s.create(topic); err != nil {
		return fmt.Errorf("creating the topic: %w", err)
	}
	for lot := range 2 {
		var sent []rec
		for i := range 30 {
			sent = append(sent, rec{partition: i % partitions, value: fmt.Appendf(nil, "lot-%d-%d", lot, i)})
		}
		if err := s.produce(topic, "none", sent); err != nil {
			return fmt.Errorf("producing: %w", err)
		}
	}
	all, err := s.read(topic, 60)
	if err != nil {
		return fmt.Errorf("reading all: %w", err)
	}
	moment := int64(1) << 62
	for _, r := range all {
		if string(r.value[:5]) == "lot-1" {
			moment = min(moment, r.timestamp)
		}
	}
	var want []rec
	for _, r := range all {
		if r.timestamp >= moment {
			want = append(want, r)
		}
	}
	got, err := s.read(topic, len(want), "time", strconv.FormatInt(moment, 10))
	if err != nil {
		return fmt.Errorf("reading from %d on: %w", moment, err)
	}
	return compare(want, got)
}
