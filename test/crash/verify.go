package main

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
)

// verify compares everything that was acknowledged with the broker's current state, under load.
func (h *harness) verify() error {
	ctx, cancel := context.WithTimeout(context.Background(), 120*time.Second)
	defer cancel()
	steps := []struct {
		name string
		fn   func(context.Context) error
	}{{"positions", h.verifyCommits}, {"topics", h.verifyTopics}, {"records", h.verifyLogs}, {"keys", h.verifyKeyed}}
	for _, s := range steps {
		began := time.Now()
		err := s.fn(ctx)
		for err != nil && !isViolation(err) && time.Since(began) < settle && h.server.alive() == nil && h.pause(20*time.Millisecond) {
			// The client may detect only now that its connection to the killed process is dead.
			h.story.add("checking %s once more: %v", s.name, err)
			err = s.fn(ctx)
		}
		if v := h.violated(); v != nil {
			return v
		}
		if err != nil {
			if gone := h.server.alive(); gone != nil {
				return gone
			}
			if isViolation(err) {
				return err
			}
			return broken("stuck", s.name, "checking fails for %v: %v", settle, err)
		}
		h.story.add("checked %s in %v", s.name, time.Since(began).Round(time.Millisecond))
	}
	return h.deleteSome(ctx)
}

func isViolation(err error) bool {
	_, ok := err.(*violation)
	return ok
}

func (h *harness) verifyLogs(ctx context.Context) error {
	var ls []*ledger
	for _, t := range logTopics {
		for p := range t.partitions {
			if !t.compacted {
				ls = append(ls, h.ledgers[part{t.name, p}])
			}
		}
	}
	return h.readAll(ctx, ls, nil)
}

func (h *harness) verifyKeyed(ctx context.Context) error {
	h.gate.Lock()
	defer h.gate.Unlock()
	// No later record replaces this last record, so the reader knows that it is at the end.
	s, err := h.session(h.rng)
	if err != nil {
		return err
	}
	defer s.cl.Close()
	ls := []*ledger{h.ledgers[part{"keyed", 0}], h.ledgers[part{"keyed", 1}]}
	for _, l := range ls {
		s.send(ctx, l, fmt.Sprintf("end-%d", s.number), false, 20)
	}
	if err := s.cl.Flush(ctx); err != nil {
		return err
	}
	finals := map[part]map[string]final{}
	if err := h.readAll(ctx, ls, finals); err != nil {
		return err
	}
	for _, l := range ls {
		if err := h.keyed.check(l.part, finals[l.part]); err != nil {
			return err
		}
	}
	return nil
}

func (h *harness) verifyCommits(ctx context.Context) error {
	for _, c := range h.members {
		before := c.prune()
		resp, err := h.admin.FetchOffsets(ctx, c.group)
		if err != nil {
			return err
		}
		for p, covered := range before {
			at := int64(-1)
			if r, ok := resp.Lookup(p.Topic, p.Partition); ok {
				if r.Err != nil {
					return r.Err
				}
				at = r.At
			}
			if err := c.fetched(p, at, covered); err != nil {
				h.pause(time.Second)
				again, late := h.admin.FetchOffsets(ctx, c.group)
				h.story.add("%s: first %+v, a second later %+v %v", c.group, resp, again, late)
				return err
			}
		}
	}
	for _, g := range h.groups {
		g.mu.Lock()
		err := h.lookGroup(ctx, g)
		g.mu.Unlock()
		if err != nil {
			return err
		}
	}
	return nil
}

func (h *harness) verifyTopics(ctx context.Context) error {
	for _, t := range h.topics {
		t.mu.Lock()
		err := h.checkTopic(ctx, t)
		t.mu.Unlock()
		if err != nil {
			return err
		}
	}
	all, err := h.admin.ListTopics(ctx)
	if err != nil {
		return err
	}
	for _, d := range all {
		known := slices.ContainsFunc(logTopics, func(t logTopic) bool { return t.name == d.Topic }) ||
			slices.ContainsFunc(h.topics, func(t *adminTopic) bool { return t.name == d.Topic })
		if !known {
			return broken("topic", d.Topic, "the test did not create this topic")
		}
	}
	for _, t := range logTopics {
		if got := len(all[t.name].Partitions); got != int(t.partitions) {
			return broken("topic", t.name, "it has %d partitions, made were %d", got, t.partitions)
		}
	}
	return nil
}

// deleteSome advances log starts by DeleteRecords in partitions with many read records. The
// directory stays small, and deleted records must stay deleted.
func (h *harness) deleteSome(ctx context.Context) error {
	offsets := kadm.Offsets{}
	for _, t := range logTopics[:2] {
		for p := range t.partitions {
			l := h.ledgers[part{t.name, p}]
			if start, end, n := l.mark(); n > 4000 && h.rng.IntN(2) == 0 {
				offsets.AddOffset(t.name, p, start+(end-start)/2+h.rng.Int64N((end-start)/2), -1)
			}
		}
	}
	if len(offsets) == 0 {
		return nil
	}
	rs, err := h.admin.DeleteRecords(ctx, offsets)
	if err != nil {
		return fmt.Errorf("deleting records: %w", err)
	}
	for _, r := range rs.Sorted() {
		l := h.ledgers[part{r.Topic, r.Partition}]
		if r.Err != nil {
			return fmt.Errorf("deleting records of %v: %w", l.part, r.Err)
		}
		was, _, _ := l.mark()
		h.count.deletedRecords.Add(r.LowWatermark - was)
		h.story.add("%v: records deleted up to %d", l.part, r.LowWatermark)
		if err := l.startsAt(r.LowWatermark); err != nil {
			return err
		}
	}
	return nil
}
