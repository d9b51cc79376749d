package replication

import (
	"github.com/gregorhq/gregor/internal/purgatory"
	"github.com/gregorhq/gregor/internal/replica"
)

// Expire completes the delayed operations whose deadline is nowMs or earlier. Deadlines are times
// of the host's monotonic clock. The expiry loop calls it; tests may, too.
func (m *Manager) Expire(nowMs int64) {
	var few [16]*purgatory.Op
	m.parked.Lock()
	ops := m.purgatory.Expire(nowMs, few[:0])
	m.parked.Unlock()
	for _, op := range ops {
		switch w := op.Owner.(type) {
		case *FetchRequest:
			if w.ReplicaID >= 0 {
				m.stats.ReplicaFetchesExpired.Add(1)
			} else {
				m.stats.FetchesExpired.Add(1)
			}
			w.expired()
		case *AppendRequest:
			m.stats.ProducesExpired.Add(1)
			w.expired()
		case *deletion:
			w.expired()
		}
	}
}

// Waiting is how many operations of one kind wait with a deadline, and on how many partitions in
// total.
type Waiting struct{ Operations, Watches int }

func (w *Waiting) add(op *purgatory.Op) {
	w.Operations++
	w.Watches += op.Watches()
}

// Delayed is the operations that wait, by kind.
type Delayed struct{ Produces, Fetches, Deletions Waiting }

// Delayed counts the operations that wait.
func (m *Manager) Delayed() (d Delayed) {
	m.parked.Lock()
	defer m.parked.Unlock()
	m.purgatory.Each(func(op *purgatory.Op) {
		switch op.Owner.(type) {
		case *AppendRequest:
			d.Produces.add(op)
		case *FetchRequest:
			d.Fetches.add(op)
		case *deletion:
			d.Deletions.add(op)
		}
	})
	return d
}

// Tick removes lagging followers from the ISR. nowMs is a time of the host's monotonic clock. The
// broker may call it often, but not twice at the same time. As in Kafka, it checks partitions every
// half of replica.lag.time.max.ms, and only partitions with followers.
func (m *Manager) Tick(nowMs int64) {
	if nowMs < m.nextTickMs {
		return
	}
	m.nextTickMs = nowMs + max(m.config.Int64("replica.lag.time.max.ms")/2, 1)
	for _, p := range m.partitions() {
		if !p.replicated.Load() {
			continue
		}
		p.mu.Lock()
		fx := p.step(replica.Tick{})
		p.mu.Unlock()
		p.perform(fx, unknownBytes)
	}
}
