package replication

import "github.com/gregorhq/gregor/internal/purgatory"

// Expire answers the delayed operations whose deadline is nowMs or earlier, and tells the next deadline. The expiry driver calls
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

// Delayed is how many operations wait with a deadline.
func (m *Manager) Delayed() int {
	m.waits.Lock()
	defer m.waits.Unlock()
	return m.purgatory.Len()
}
