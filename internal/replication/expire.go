package replication

import (
	"github.com/gregorhq/gregor/internal/purgatory"
	"github.com/gregorhq/gregor/internal/replica"
)

// Expire answers the delayed operations whose deadline is nowMs, by Options.Elapsed, or earlier, and tells the next deadline. The expiry driver calls
// it; a simulator or a test may, too.
func (m *Manager) Expire(nowMs int64) (nextMs int64, ok bool) {
	var few [16]*purgatory.Op
	m.waits.Lock()
	ops := m.purgatory.Expire(nowMs, few[:0])
	nextMs, ok = m.purgatory.NextMs()
	m.waits.Unlock()
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
	return nextMs, ok
}

func (m *Manager) rearmExpiry() {
	select {
	case m.rearm <- struct{}{}:
	default:
	}
}

// Waiting is how many operations of one kind wait with a deadline, and for how many partitions all together.
type Waiting struct{ Operations, Watches int }

func (w *Waiting) add(op *purgatory.Op) {
	w.Operations++
	w.Watches += op.Watches()
}

// Delayed is what waits, by kind.
type Delayed struct{ Produces, Fetches, Deletions Waiting }

// Delayed counts the operations that wait.
func (m *Manager) Delayed() (d Delayed) {
	m.waits.Lock()
	defer m.waits.Unlock()
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

// Tick lets time pass, by Options.Elapsed: followers that lag leave the ISR. The broker may call it as often as it likes, never twice at once; partitions
// are looked at every half of replica.lag.time.max.ms, as in Kafka, and only those that have followers.
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
