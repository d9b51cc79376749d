package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strconv"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
)

// topicState is a topic that is created and deleted during the run. The zero value means that it
// does not exist.
type topicState struct {
	exists     bool
	id         kadm.TopicID // zero when the answer with it was lost
	partitions int
	retention  string // retention.ms
}

func (s topicState) String() string {
	if !s.exists {
		return "no topic"
	}
	return fmt.Sprintf("topic %v with %d partitions, retention.ms=%s", s.id, s.partitions, s.retention)
}

func sameTopic(want, got topicState) bool {
	if want.id == (kadm.TopicID{}) {
		want.id = got.id
	}
	return want == got
}

// adminTopic is a name under which topics are created and deleted, with some records in partition
// 0.
type adminTopic struct {
	register[topicState]
	records *ledger // of the topic with this id; nil before the first record
	of      kadm.TopicID
}

func newAdminTopic(name string) *adminTopic {
	return &adminTopic{register: register[topicState]{name: name, allowed: []topicState{{}}, same: sameTopic}}
}

// adminLoop creates, alters, extends, fills and deletes topics.
func (h *harness) adminLoop(rng *rand.Rand, topics []*adminTopic) {
	for h.pause(time.Duration(5+rng.IntN(40)) * time.Millisecond) {
		t := topics[rng.IntN(len(topics))]
		t.mu.Lock()
		h.fail(h.adminStep(rng, t))
		t.mu.Unlock()
	}
}

func (h *harness) adminStep(rng *rand.Rand, t *adminTopic) error {
	ctx, cancel := context.WithTimeout(h.ctx, 30*time.Second)
	defer cancel()
	state, certain := t.state()
	if !certain {
		return h.lookTopic(ctx, t)
	}
	h.count.topicOps.Add(1)
	retention := strconv.Itoa(3_600_000 + rng.IntN(1_000_000))
	after := state
	var op func() (topicState, error)
	switch n := rng.IntN(10); {
	case !state.exists:
		after = topicState{exists: true, partitions: 1 + rng.IntN(3), retention: retention}
		op = func() (topicState, error) {
			r, err := h.admin.CreateTopic(ctx, int32(after.partitions), 1, map[string]*string{"retention.ms": &retention, "segment.ms": new("300")}, t.name)
			after.id = r.ID
			return after, err
		}
	case n < 4:
		after = topicState{}
		op = func() (topicState, error) {
			_, err := h.admin.DeleteTopic(ctx, t.name)
			return after, err
		}
	case n < 6:
		after.retention = retention
		op = func() (topicState, error) {
			rs, err := h.admin.AlterTopicConfigs(ctx, []kadm.AlterConfig{{Op: kadm.SetConfig, Name: "retention.ms", Value: &retention}}, t.name)
			if err == nil {
				_, err = rs.On(t.name, func(r *kadm.AlterConfigsResponse) error { return r.Err })
			}
			return after, err
		}
	case n < 7 && state.partitions < 5:
		after.partitions++
		op = func() (topicState, error) {
			rs, err := h.admin.UpdatePartitions(ctx, after.partitions, t.name)
			if err == nil {
				err = rs.Error()
			}
			return after, err
		}
	default:
		return h.fillTopic(rng, t, state)
	}
	err := t.change(after, op)
	h.story.add("%s: %v -> %v: %v", t.name, state, after, err)
	return nil
}

// fillTopic writes a few records at once. A record without an answer may exist.
func (h *harness) fillTopic(rng *rand.Rand, t *adminTopic, state topicState) error {
	// The broker must show this topic first: a record to the previous topic of this name is deleted
	// with that topic.
	if err := h.lookTopic(h.ctx, t); err != nil {
		return err
	}
	if now, certain := t.state(); !certain || !now.exists {
		return nil
	}
	if t.records == nil || t.of != state.id {
		t.records, t.of = newLedger(part{t.name, 0}, false), state.id
	}
	s, err := h.session(rng)
	if err != nil {
		return err
	}
	defer s.cl.Close()
	for range 1 + rng.IntN(30) {
		s.send(h.ctx, t.records, "", false, size(rng))
	}
	ctx, cancel := context.WithTimeout(h.ctx, 30*time.Second)
	defer cancel()
	// A record without an answer when the client closes may exist or not.
	_ = s.cl.Flush(ctx)
	return nil
}

// settle bounds the time until a broker shows an acknowledged change. The controller answers after
// the commit, and the broker applies the change a moment later, as in Apache Kafka.
const settle = 10 * time.Second

// lookTopic asks for the topic repeatedly until it is in an allowed state. Without an answer the
// model does not change.
func (h *harness) lookTopic(ctx context.Context, t *adminTopic) error {
	limit := time.Now().Add(settle)
	for {
		got, ok := h.describeTopic(ctx, t.name)
		if !ok {
			return nil
		}
		err := t.found("topic", got)
		if err == nil || time.Now().After(limit) || !h.pause(20*time.Millisecond) {
			return err
		}
	}
}

func (h *harness) describeTopic(ctx context.Context, name string) (got topicState, ok bool) {
	details, err := h.admin.ListTopics(ctx, name)
	if err != nil {
		return got, false
	}
	d := details[name]
	if errors.Is(d.Err, kerr.UnknownTopicOrPartition) {
		return got, true
	}
	if d.Err != nil {
		return got, false
	}
	got = topicState{exists: true, id: d.ID, partitions: len(d.Partitions)}
	rs, err := h.admin.DescribeTopicConfigs(ctx, name)
	if err != nil {
		return got, false
	}
	r, err := rs.On(name, nil)
	if err != nil || r.Err != nil {
		return got, false
	}
	for _, c := range r.Configs {
		if c.Key == "retention.ms" {
			got.retention = c.MaybeValue()
		}
	}
	return got, true
}

// checkTopic reads the records of the current topic and compares them with the model.
func (h *harness) checkTopic(ctx context.Context, t *adminTopic) error {
	if err := h.lookTopic(ctx, t); err != nil {
		return err
	}
	state, certain := t.state()
	if !certain || !state.exists || t.records == nil || t.of != state.id {
		return nil
	}
	return h.readAll(ctx, []*ledger{t.records}, nil, kgo.DisableFetchSessions())
}
