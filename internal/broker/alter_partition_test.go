package broker

import (
	"slices"
	"testing"
	"time"

	"github.com/gregorhq/gregor/internal/controller"
	"github.com/gregorhq/gregor/internal/host"
	"github.com/gregorhq/gregor/internal/protocol"
	"github.com/gregorhq/gregor/internal/protocol/wire"
	"github.com/gregorhq/gregor/internal/replica"
)

// handHost is a host whose functions run when the test runs them.
type handHost struct {
	host.Host
	ready, timed []func()
}

func (h *handHost) Go(f func()) { h.ready = append(h.ready, f) }

func (h *handHost) AfterFunc(_ time.Duration, f func()) host.Timer {
	h.timed = append(h.timed, f)
	return time.AfterFunc(time.Hour, func() {})
}

// run runs the ready functions, and the functions that they start.
func (h *handHost) run() {
	for len(h.ready) > 0 {
		f := h.ready[0]
		h.ready = h.ready[1:]
		f()
	}
}

func (h *handHost) elapse() {
	timed := h.timed
	h.timed = nil
	h.ready = append(h.ready, timed...)
	h.run()
}

// handChannel keeps requests until the test answers them.
type handChannel struct {
	requests []*protocol.AlterPartitionRequest
	answer   []func(protocol.Message)
}

func (c *handChannel) Call(_ controller.Request, req protocol.Message, done func(protocol.Message)) {
	c.requests = append(c.requests, req.(*protocol.AlterPartitionRequest))
	c.answer = append(c.answer, done)
}

// partitions are the partitions of a request, in order.
func (c *handChannel) partitions(i int) (out []int32) {
	for _, t := range c.requests[i].Topics {
		for _, p := range t.Partitions {
			out = append(out, p.PartitionIndex)
		}
	}
	return out
}

type alterFixture struct {
	host    *handHost
	channel *handChannel
	sender  *alterSender
	node    *Node
	answers map[uint64][]replica.PartitionAltered
}

func newAlterFixture() *alterFixture {
	f := &alterFixture{host: &handHost{Host: host.Real()}, channel: &handChannel{}, answers: map[uint64][]replica.PartitionAltered{}}
	f.node = &Node{host: f.host, controller: f.channel, id: 1, done: make(chan struct{})}
	f.node.registration.epoch.Store(7)
	f.sender = newAlterSender(f.node)
	return f
}

func (f *alterFixture) alter(id uint64, partition int32) {
	f.sender.AlterPartition(wire.UUID{5}, partition, &replica.Alteration{ID: id, LeaderEpoch: 3, PartitionEpoch: int32(id),
		NewISR: []replica.Member{{ID: 1, Epoch: 7}}}, func(a replica.PartitionAltered) { f.answers[id] = append(f.answers[id], a) })
}

func altered(partitions ...protocol.AlterPartitionResponsePartitionData) *protocol.AlterPartitionResponse {
	return &protocol.AlterPartitionResponse{Topics: []protocol.AlterPartitionResponseTopicData{{TopicID: wire.UUID{5}, Partitions: partitions}}}
}

// At most one request is in flight. Changes that arrive meanwhile share the next request, and two
// changes of one partition never share a request.
func TestAlterPartitionRequestsAreBatched(t *testing.T) {
	f := newAlterFixture()
	f.alter(1, 0)
	f.host.run()
	f.alter(2, 1)
	f.alter(3, 0)
	f.alter(4, 0)
	f.host.run()
	if len(f.channel.requests) != 1 || f.channel.requests[0].BrokerEpoch != 7 || !slices.Equal(f.channel.partitions(0), []int32{0}) {
		t.Fatalf("requests %+v", f.channel.requests)
	}
	f.channel.answer[0](altered(protocol.AlterPartitionResponsePartitionData{PartitionIndex: 0, LeaderEpoch: 3, PartitionEpoch: 2, ISR: []int32{1}}))
	f.host.run()
	if len(f.channel.requests) != 2 || !slices.Equal(f.channel.partitions(1), []int32{1, 0}) {
		t.Fatalf("second request %v", f.channel.partitions(1))
	}
	if got := f.answers[1]; len(got) != 1 || got[0].ID != 1 || got[0].Err != protocol.ErrNone || got[0].PartitionEpoch != 2 {
		t.Errorf("answer %+v", got)
	}
	// The answers come in another order than the changes.
	f.channel.answer[1](altered(
		protocol.AlterPartitionResponsePartitionData{PartitionIndex: 0, LeaderEpoch: 3, PartitionEpoch: 9},
		protocol.AlterPartitionResponsePartitionData{PartitionIndex: 1, ErrorCode: protocol.ErrFencedLeaderEpoch.Code()}))
	f.host.run()
	if got := f.answers[3]; len(got) != 1 || got[0].ID != 3 || got[0].PartitionEpoch != 9 {
		t.Errorf("answer to the third %+v", got)
	}
	if got := f.answers[2]; len(got) != 1 || got[0].ID != 2 || got[0].Err != protocol.ErrFencedLeaderEpoch {
		t.Errorf("answer to the second %+v", got)
	}
	if len(f.channel.requests) != 3 || !slices.Equal(f.channel.partitions(2), []int32{0}) || f.channel.requests[2].Topics[0].Partitions[0].PartitionEpoch != 4 {
		t.Errorf("third request %+v", f.channel.requests[2])
	}
}

// A request fails as a whole, or an answer lacks a partition: the leader gets the error after a
// pause. It gets nothing when the node has stopped.
func TestAlterPartitionRetries(t *testing.T) {
	f := newAlterFixture()
	for round, resp := range []*protocol.AlterPartitionResponse{{ErrorCode: protocol.ErrStaleBrokerEpoch.Code()}, altered()} {
		id := uint64(round + 1)
		f.alter(id, 0)
		f.host.run()
		f.channel.answer[round](resp)
		f.host.run()
		if len(f.answers[id]) != 0 {
			t.Fatalf("round %d: answered without a pause", round)
		}
		f.host.elapse()
		if got := f.answers[id]; len(got) != 1 || !got[0].Retry() {
			t.Errorf("round %d: answer %+v", round, got)
		}
	}
	f.alter(9, 0)
	f.host.run()
	f.channel.answer[2](&protocol.AlterPartitionResponse{ErrorCode: protocol.ErrNotController.Code()})
	close(f.node.done)
	f.host.elapse()
	if len(f.answers[9]) != 0 || len(f.channel.requests) != 3 {
		t.Error("a stopped node sends another request")
	}
}
