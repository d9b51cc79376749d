package main

import (
	"fmt"
	"time"
)

// group runs three members that share three partitions, one each, and keeps them running for the
// next step.
func (s *scenario) group() error {
	m, err := s.share("group")
	if err == nil {
		err = m.complete()
	}
	if err != nil {
		m.end()
		return err
	}
	s.formed = m
	return nil
}

// share forms a group and waits until every member has one partition and the assignment is stable.
func (s *scenario) share(tag string) (*members, error) {
	m, err := s.form(tag)
	if err != nil {
		return m, err
	}
	owners, err := m.settle(partitions, 40*time.Second)
	if err != nil {
		return m, err
	}
	return m, m.calm(owners)
}

// killed kills one of three members with kill -9 and continues to send. After the session timeout
// the others must take over its partition, each partition must have one owner again, and every sent
// record must be received.
func (s *scenario) killed() error {
	m, err := s.formed, error(nil)
	s.formed = nil
	if m == nil {
		m, err = s.share("killed")
	}
	defer func() { m.end() }()
	if err != nil {
		return err
	}
	owners, err := m.play(5 * time.Second)
	if err != nil || len(owners) != partitions {
		return fmt.Errorf("before the kill: owners %v: %w", owners, err)
	}
	victim := owners[1]
	m.alive[victim].kill()
	delete(m.alive, victim)
	owners, err = m.settle(partitions-1, 40*time.Second)
	if err != nil {
		return fmt.Errorf("after member %d was killed: %w", victim, err)
	}
	for p, o := range owners {
		if o == victim {
			return fmt.Errorf("partition %d is still owned by the dead member", p)
		}
	}
	if err := m.calm(owners); err != nil {
		return fmt.Errorf("after the take-over: %w", err)
	}
	return m.complete()
}
