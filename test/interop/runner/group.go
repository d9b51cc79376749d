package main

import (
	"fmt"
	"slices"
	"strconv"
	"time"
)

// members is a consumer group of several processes that read one topic. Each round sends one record
// to every partition. The member that receives a partition's record is its owner, so the test does
// not depend on a client's own statements.
type members struct {
	s       *scenario
	topic   string
	alive   map[int]*driver
	round   int
	by      map[string][]int // probe → members that received it, in order of arrival
	last    map[[2]int]int64 // member, partition → last offset
	calmed  [][2]int         // rounds, from and to, in which no record may arrive twice
	trouble error
}

func (s *scenario) form(tag string) (*members, error) {
	m := &members{s: s, topic: s.topic(tag), alive: map[int]*driver{}, by: map[string][]int{}, last: map[[2]int]int64{}}
	if err := s.create(m.topic); err != nil {
		return m, fmt.Errorf("creating the topic: %w", err)
	}
	for i := range partitions {
		d, err := start(s.command, s.log)
		if err != nil {
			return m, err
		}
		m.alive[i] = d
		if _, err := fmt.Fprintln(d.in, query("member", "group", m.topic+"-group", "topic", m.topic)); err != nil {
			return m, err
		}
	}
	return m, nil
}

// end stops all members.
func (m *members) end() {
	for _, d := range m.alive {
		d.stop(10 * time.Second)
	}
}

func probe(round, partition int) string { return fmt.Sprintf("probe-%d-%d", round, partition) }

// play sends one record to every partition and waits until all have arrived at a member, at most
// for limit.
func (m *members) play(limit time.Duration) (owners []int, err error) {
	round := m.round
	m.round++
	var sent []rec
	for p := range partitions {
		sent = append(sent, rec{partition: p, value: []byte(probe(round, p))})
	}
	if err := m.s.produce(m.topic, "none", sent); err != nil {
		return nil, fmt.Errorf("producing: %w", err)
	}
	m.collect(limit, func() bool {
		for p := range partitions {
			if len(m.by[probe(round, p)]) == 0 {
				return false
			}
		}
		return true
	})
	for p := range partitions {
		got := m.by[probe(round, p)]
		if len(got) != 1 {
			return nil, m.trouble
		}
		owners = append(owners, got[0])
	}
	return owners, m.trouble
}

// collect reads the members' lines until enough returns true or the limit has passed.
func (m *members) collect(limit time.Duration, enough func() bool) {
	for until := time.Now().Add(limit); time.Now().Before(until) && !enough(); {
		heard := false
		for i, d := range m.alive {
			select {
			case r, ok := <-d.lines:
				m.hear(i, r, ok)
				heard = true
			default:
			}
		}
		if !heard {
			<-time.After(2 * time.Millisecond)
		}
	}
}

func (m *members) hear(member int, r reply, ok bool) {
	switch {
	case !ok:
		m.trouble = fmt.Errorf("member %d ended by itself", member)
		delete(m.alive, member)
	case r.word == "fail":
		m.trouble = fmt.Errorf("member %d: %s", member, r.values.Get("error"))
	case r.word == "rec":
		got, err := parseRec(r.values)
		if err != nil {
			m.trouble = err
			return
		}
		m.by[string(got.value)] = append(m.by[string(got.value)], member)
		at := [2]int{member, got.partition}
		m.last[at] = got.offset
	}
}

// settle plays rounds until two in a row have the same owners, one per partition, among the given
// number of members.
func (m *members) settle(among int, limit time.Duration) ([]int, error) {
	var before []int
	for until := time.Now().Add(limit); time.Now().Before(until); {
		owners, err := m.play(time.Second)
		if err != nil {
			return nil, err
		}
		distinct := map[int]bool{}
		for _, o := range owners {
			distinct[o] = true
		}
		if len(distinct) == among && slices.Equal(before, owners) {
			return owners, nil
		}
		before = owners
		if len(owners) > 0 && len(distinct) != among { // not all members have joined yet
			m.collect(300*time.Millisecond, func() bool { return false })
		}
	}
	return nil, fmt.Errorf("no round in %v in which %d members shared %d partitions; last owners %v", limit, among, partitions, before)
}

// calm plays some more rounds and checks that only the owner received each record, and once.
func (m *members) calm(owners []int) error {
	from := m.round
	defer func() { m.calmed = append(m.calmed, [2]int{from, m.round}) }()
	for range 3 {
		now, err := m.play(3 * time.Second)
		if err != nil {
			return err
		}
		if !slices.Equal(now, owners) {
			return fmt.Errorf("settled owners %v changed to %v", owners, now)
		}
	}
	return nil
}

// complete waits until every sent record has been received, and counts the duplicates.
func (m *members) complete() error {
	missing := func() (out []string) {
		for r := range m.round {
			for p := range partitions {
				if len(m.by[probe(r, p)]) == 0 {
					out = append(out, strconv.Itoa(r)+":"+strconv.Itoa(p))
				}
			}
		}
		return out
	}
	m.collect(10*time.Second, func() bool { return len(missing()) == 0 })
	if lost := missing(); len(lost) > 0 {
		return fmt.Errorf("%d of %d records never received: round:partition %v", len(lost), m.round*partitions, lost)
	}
	m.collect(300*time.Millisecond, func() bool { return false })
	for _, span := range m.calmed {
		for r := span[0]; r < span[1]; r++ {
			for p := range partitions {
				if by := m.by[probe(r, p)]; len(by) != 1 {
					return fmt.Errorf("the record of round %d in partition %d was received by members %v", r, p, by)
				}
			}
		}
	}
	m.calmed = nil // a kill may repeat uncommitted records
	return m.trouble
}
