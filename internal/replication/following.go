package replication

import (
	"math"
	"sync"
	"time"

	"github.com/gregorhq/gregor/internal/fetcher"
	"github.com/gregorhq/gregor/internal/host"
	"github.com/gregorhq/gregor/internal/protocol"
)

// Versions of the requests of a follower. Fetch 13 names topics by id, and each broker that Kafka 4
// can work with has it. ListOffsets 4 has leader epochs.
const (
	minFollowerFetch, maxFollowerFetch     = 13, 18
	minFollowerOffsets, maxFollowerOffsets = 4, 9
)

// following is the fetching from one leader broker: the core, its lock and its timer. Kafka's
// counterpart is ReplicaFetcherThread.
type following struct {
	m      *Manager
	leader int32
	loop   *host.Loop

	// apply is held while the effects of an answer change logs. It guards results.
	apply   sync.Mutex
	results []fetcher.Result

	// mu guards the fields below. It is taken after a partition's mutex. Peers.Send is called with
	// it, so that requests leave in the order of their numbers.
	mu     sync.Mutex
	core   *fetcher.Fetcher
	set    fetcher.Settings
	closed bool
	// durable is memory for an event.
	durable fetcher.Durable
	// wakeMs is the deadline for which the loop is set.
	wakeMs int64
}

// followings are the leaders from which this broker fetches. Its mutex is taken after those of
// partitions, and no other mutex is taken under it.
type followings struct {
	mu sync.Mutex
	// byLeader has an entry for each broker that has led a partition of this one. Nothing walks it
	// but Stop and settings.
	byLeader map[int32]*following
	closed   bool
}

// followingOf returns the fetching from a leader, nil when this broker does not fetch.
func (m *Manager) followingOf(leader int32) *following {
	if m.opts.Peers == nil {
		return nil
	}
	m.followings.mu.Lock()
	defer m.followings.mu.Unlock()
	if w := m.followings.byLeader[leader]; w != nil || m.followings.closed {
		return w
	}
	w := &following{m: m, leader: leader, set: m.fetchSettings(), wakeMs: math.MaxInt64}
	w.core = fetcher.New(w.set, m.newRate("follower.replication.throttled.rate"))
	w.loop = host.NewLoop(m.host, w.tick)
	m.followings.byLeader[leader] = w
	return w
}

// fetchSettings are the settings of fetches in effect.
func (m *Manager) fetchSettings() fetcher.Settings {
	c := m.config
	return fetcher.Settings{BrokerID: m.opts.BrokerID, BrokerEpoch: m.brokerEpoch(),
		MaxWaitMs: int32(c.Int("replica.fetch.wait.max.ms")), MinBytes: int32(c.Int("replica.fetch.min.bytes")),
		MaxBytes: int32(c.Int("replica.fetch.response.max.bytes")), PartitionMaxBytes: int32(c.Int("replica.fetch.max.bytes")),
		BackoffMs: c.Int64("replica.fetch.backoff.ms")}
}

// brokerEpoch is the epoch of this broker's registration, -1 when it is unknown.
func (m *Manager) brokerEpoch() int64 {
	if m.opts.BrokerEpoch != nil {
		return m.opts.BrokerEpoch()
	}
	if b := m.image.Load().Broker(m.opts.BrokerID); b != nil {
		return b.Epoch
	}
	return -1
}

// step gives an event to the core and carries out the effects. The caller holds no lock.
func (w *following) step(ev fetcher.Event) {
	w.mu.Lock()
	fx, ok := w.stepLocked(ev)
	w.mu.Unlock()
	if !ok {
		return
	}
	w.report(fx.Failed)
	if len(fx.Truncate)+len(fx.Append)+len(fx.Restart) == 0 {
		return
	}
	w.change(&fx)
	w.mu.Lock()
	w.core.Recycle(fx)
	w.mu.Unlock()
	w.step(&fetcher.Applied{Results: w.results})
}

// stepLocked gives an event to the core and sends the requests. The caller holds mu, and carries
// out the other effects after it has released it. ok is false when the fetching has ended.
func (w *following) stepLocked(ev fetcher.Event) (fx fetcher.Effects, ok bool) {
	if w.closed {
		return fx, false
	}
	now := w.m.elapsedMs()
	if epoch := w.m.brokerEpoch(); epoch != w.set.BrokerEpoch {
		w.set.BrokerEpoch = epoch
		w.core.Configure(w.set)
	}
	fx = w.core.Step(now, ev)
	w.send(&fx)
	if at := w.core.Deadline(); at < w.wakeMs {
		w.wakeMs = at
		w.loop.Wake()
	}
	return fx, true
}

// send sends the requests of a step. The caller holds mu.
func (w *following) send(fx *fetcher.Effects) {
	timeout := time.Duration(w.m.config.Int("replica.socket.timeout.ms")) * time.Millisecond
	if f := fx.Fetch; f != nil {
		id := f.ID
		w.m.opts.Peers.Send(w.leader, PeerRequest{Message: f.Request, MinVersion: minFollowerFetch, MaxVersion: maxFollowerFetch, LongPoll: true, Timeout: timeout},
			func(answer protocol.Message, err error) { w.fetched(id, answer, err) })
	}
	if q := fx.Query; q != nil {
		id := q.ID
		w.m.opts.Peers.Send(w.leader, PeerRequest{Message: q.Request, MinVersion: minFollowerOffsets, MaxVersion: maxFollowerOffsets, Timeout: timeout},
			func(answer protocol.Message, _ error) {
				resp, _ := answer.(*protocol.ListOffsetsResponse)
				w.apply.Lock()
				defer w.apply.Unlock()
				w.step(fetcher.Offsets{ID: id, Response: resp})
			})
	}
}

// fetched takes the answer to a fetch. Its bytes are valid until it returns.
func (w *following) fetched(id uint64, answer protocol.Message, err error) {
	w.apply.Lock()
	defer w.apply.Unlock()
	resp, ok := answer.(*protocol.FetchResponse)
	if err != nil || !ok {
		w.m.logger.Debug("fetch from the leader failed", "leader", w.leader, "error", err)
		w.step(fetcher.Broken{ID: id, Gone: PeerGone(err)})
		return
	}
	w.step(fetcher.Answer{ID: id, Response: resp})
}

// tick is a step of the loop.
func (w *following) tick() time.Duration {
	now := w.m.elapsedMs()
	w.mu.Lock()
	due := w.core.Deadline()
	w.mu.Unlock()
	if due <= now {
		w.step(fetcher.Tick{})
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.wakeMs = w.core.Deadline()
	if w.closed || w.wakeMs == math.MaxInt64 {
		return host.Forever
	}
	return max(time.Duration(w.wakeMs-w.m.elapsedMs())*time.Millisecond, time.Millisecond)
}

// close ends the fetching. No log changes because of it afterwards.
func (w *following) close() {
	w.apply.Lock()
	w.mu.Lock()
	w.closed = true
	w.mu.Unlock()
	w.apply.Unlock()
	w.loop.Close()
}

// closeFollowings ends all fetching.
func (m *Manager) closeFollowings() {
	m.followings.mu.Lock()
	m.followings.closed = true
	all := sortedFollowings(m.followings.byLeader)
	m.followings.mu.Unlock()
	for _, w := range all {
		w.close()
	}
}

// configureFollowings gives changed settings to all fetching.
func (m *Manager) configureFollowings() {
	set, rate := m.fetchSettings(), m.config.Int64("follower.replication.throttled.rate")
	m.followings.mu.Lock()
	all := sortedFollowings(m.followings.byLeader)
	m.followings.mu.Unlock()
	for _, w := range all {
		w.mu.Lock()
		w.set = set
		w.core.Configure(set)
		w.core.SetThrottle(rate)
		w.mu.Unlock()
		w.step(fetcher.Tick{})
	}
}

// report logs the partitions that the leader refused, each of them once until it succeeds. A change
// of leadership explains most codes.
func (w *following) report(failed []fetcher.Failure) {
	for _, f := range failed {
		if !f.First {
			continue
		}
		level := w.m.logger.Info
		switch f.Err {
		case protocol.ErrNotLeaderOrFollower, protocol.ErrUnknownLeaderEpoch, protocol.ErrFencedLeaderEpoch, protocol.ErrUnknownTopicID,
			protocol.ErrUnknownTopicOrPartition, protocol.ErrInconsistentTopicID:
			level = w.m.logger.Debug
		}
		level("leader refuses the fetch of a partition", "topic", w.m.topicName(f.Topic), "partition", f.Index, "leader", w.leader,
			"leaderEpoch", f.LeaderEpoch, "error", f.Err.Name())
	}
}
