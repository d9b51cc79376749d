package broker

import (
	"sync"
	"time"

	"github.com/gregorhq/gregor/internal/controller"
	"github.com/gregorhq/gregor/internal/metadata"
	"github.com/gregorhq/gregor/internal/protocol"
	"github.com/gregorhq/gregor/internal/protocol/wire"
	"github.com/gregorhq/gregor/internal/replica"
)

// alterSender sends the ISR changes of this broker's leaders to the controller (Kafka's
// AlterPartitionManager). At most one request is in flight. Changes that arrive meanwhile share the
// next request. The sender gives each answer to the change that it belongs to.
type alterSender struct {
	n *Node

	mu      sync.Mutex
	queue   []alteration
	sending bool
}

// alteration is the change of one partition that waits for its answer.
type alteration struct {
	topic     wire.UUID
	partition int32
	change    *replica.Alteration
	done      func(replica.PartitionAltered)
}

// alteredKey names a partition in a request and in its answer.
type alteredKey struct {
	topic     wire.UUID
	partition int32
}

func (a *alteration) key() alteredKey { return alteredKey{a.topic, a.partition} }

// alterRetryBackoff is the pause after a failed request (AlterPartitionManager retries after 50
// ms).
const alterRetryBackoff = 50 * time.Millisecond

func newAlterSender(n *Node) *alterSender { return &alterSender{n: n} }

// AlterPartition implements replication.AlterPartition.
func (s *alterSender) AlterPartition(topic wire.UUID, partition int32, a *replica.Alteration, done func(replica.PartitionAltered)) {
	s.mu.Lock()
	s.queue = append(s.queue, alteration{topic, partition, a, done})
	idle := !s.sending
	s.sending = true
	s.mu.Unlock()
	if idle {
		s.n.host.Go(s.send)
	}
}

// send sends the queue as one request.
func (s *alterSender) send() {
	s.mu.Lock()
	sent := s.take()
	s.sending = len(sent) > 0
	s.mu.Unlock()
	if len(sent) == 0 {
		return
	}
	req := protocol.New[protocol.AlterPartitionRequest]()
	req.BrokerID, req.BrokerEpoch = s.n.id, s.n.registration.epoch.Load()
	topics := map[wire.UUID]int{}
	for _, a := range sent {
		i, ok := topics[a.topic]
		if !ok {
			i = len(req.Topics)
			topics[a.topic] = i
			req.Topics = append(req.Topics, protocol.AlterPartitionRequestTopicData{TopicID: a.topic})
		}
		req.Topics[i].Partitions = append(req.Topics[i].Partitions, a.request())
	}
	controller.AlterPartition.Call(s.n.controller, s.n.request(alterPartitionVersion), req, func(resp *protocol.AlterPartitionResponse) {
		s.answered(sent, resp)
	})
}

// take removes the next changes from the queue: at most one of each partition, because an answer
// names the partition only. The caller holds mu.
func (s *alterSender) take() []alteration {
	var sent, later []alteration
	seen := map[alteredKey]bool{}
	for _, a := range s.queue {
		if seen[a.key()] {
			later = append(later, a)
			continue
		}
		seen[a.key()] = true
		sent = append(sent, a)
	}
	s.queue = later
	return sent
}

// request is the partition's part of a request. As in Kafka, a leader that sends a change has
// recovered: its log is open.
func (a *alteration) request() protocol.AlterPartitionRequestPartitionData {
	p := protocol.AlterPartitionRequestPartitionData{PartitionIndex: a.partition,
		LeaderEpoch: a.change.LeaderEpoch, PartitionEpoch: a.change.PartitionEpoch}
	for _, m := range a.change.NewISR {
		p.NewISRWithEpochs = append(p.NewISRWithEpochs, protocol.AlterPartitionRequestBrokerState{BrokerID: m.ID, BrokerEpoch: m.Epoch})
	}
	return p
}

// answered gives every change its answer and sends the next request. It repeats a request that
// failed as a whole.
func (s *alterSender) answered(sent []alteration, resp *protocol.AlterPartitionResponse) {
	var retry []func()
	answers := answersOf(resp)
	for _, a := range sent {
		answer, ok := answers[a.key()]
		if !ok {
			answer.Err = protocol.ErrNetworkException // the request failed, or the answer lacks the partition
		}
		answer.ID = a.change.ID
		if answer.Retry() {
			retry = append(retry, func() { a.done(answer) })
			continue
		}
		a.done(answer)
	}
	if len(retry) == 0 {
		s.n.host.Go(s.send)
		return
	}
	s.n.host.AfterFunc(alterRetryBackoff, func() {
		if !isClosed(s.n.done) {
			for _, again := range retry {
				again()
			}
			s.send()
		}
	})
}

// answersOf are the answers of a response by partition.
func answersOf(resp *protocol.AlterPartitionResponse) map[alteredKey]replica.PartitionAltered {
	if resp.ErrorCode != 0 {
		return nil
	}
	answers := map[alteredKey]replica.PartitionAltered{}
	for _, t := range resp.Topics {
		for i := range t.Partitions {
			answers[alteredKey{t.TopicID, t.Partitions[i].PartitionIndex}] = alteredBy(&t.Partitions[i])
		}
	}
	return answers
}

// alteredBy is one partition's answer.
func alteredBy(p *protocol.AlterPartitionResponsePartitionData) replica.PartitionAltered {
	return replica.PartitionAltered{Err: protocol.Error(p.ErrorCode), LeaderEpoch: p.LeaderEpoch, PartitionEpoch: p.PartitionEpoch,
		ISR: p.ISR, Recovering: p.LeaderRecoveryState != metadata.LeaderRecovered}
}
