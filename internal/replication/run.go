package replication

import (
	"math"
	"time"

	"github.com/gregorhq/gregor/internal/host"
	"github.com/gregorhq/gregor/internal/purgatory"
)

// Run starts the expiry of delayed operations. Stop ends it.
func (m *Manager) Run() {
	m.parked.Lock()
	m.running = true
	m.parked.Unlock()
	m.expiry.Wake()
}

// Stop ends the expiry and waits for the work that has begun. Operations that are still delayed
// stay unanswered: the connections of their clients are closed by then.
func (m *Manager) Stop() {
	m.parked.Lock()
	m.running = false
	m.parked.Unlock()
	m.closeFollowings()
	m.expiry.Close()
	m.reopen.Close()
	m.jobs.Wait()
}

// expire is a step of the expiry loop.
func (m *Manager) expire() time.Duration {
	m.Expire(m.elapsedMs())
	m.parked.Lock()
	defer m.parked.Unlock()
	nextMs, ok := m.purgatory.NextMs()
	if !ok {
		m.expiryMs = math.MaxInt64
		return host.Forever
	}
	m.expiryMs = nextMs
	return max(time.Duration(nextMs-m.elapsedMs())*time.Millisecond, time.Millisecond)
}

// park gives a delayed operation its deadline. The caller holds parked.
func (m *Manager) park(op *purgatory.Op, deadlineMs int64) {
	m.purgatory.Park(op, deadlineMs)
	if m.running && deadlineMs < m.expiryMs {
		m.expiryMs = deadlineMs
		m.expiry.Wake()
	}
}

// Widths of the work on many logs: how many are made or deleted at the same time. Each costs
// several syncs, which a disk does together as fast as one. A few are not worth it.
const (
	inParallel = 32
	fewFor     = 4
)

// each calls f for 0 to n-1 and returns when all calls have returned.
func (m *Manager) each(n int, f func(i int)) {
	width := inParallel
	if n <= fewFor {
		width = 1
	}
	m.host.Each(n, width, f)
}
