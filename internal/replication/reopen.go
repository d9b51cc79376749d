package replication

import (
	"time"

	"github.com/gregorhq/gregor/internal/host"
)

// reopenPause is the pause before the logs that could not be opened for want of file descriptors
// are tried again.
const reopenPause = time.Second

// reopenLater notes a partition whose log could not be opened for want of file descriptors.
func (m *Manager) reopenLater(p *Partition) {
	m.mu.Lock()
	m.unopened = append(m.unopened, p)
	if len(m.unopened) == 1 {
		m.reopenMs = m.elapsedMs() + reopenPause.Milliseconds()
	}
	m.mu.Unlock()
	m.reopen.Wake()
}

// takeUnopened returns the partitions to try again, or the pause until then.
func (m *Manager) takeUnopened() (due []*Partition, pause time.Duration) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if len(m.unopened) == 0 {
		return nil, host.Forever
	}
	if early := m.reopenMs - m.elapsedMs(); early > 0 {
		return nil, time.Duration(early) * time.Millisecond
	}
	due, m.unopened = m.unopened, nil
	return due, host.Forever
}

// reopenAll tries again to open the logs of unopened partitions. It is the step of m.reopen.
func (m *Manager) reopenAll() time.Duration {
	due, pause := m.takeUnopened()
	if len(due) == 0 {
		return pause
	}
	m.apply.Lock()
	defer m.apply.Unlock()
	image, nowMs := m.image.Load(), host.Millis(m.host)
	var again []change
	for _, p := range due {
		t := image.Topics().ByID(p.id)
		if t == nil || t.Partition(p.index) == nil || !m.forgetUnopened(p) {
			continue // the partition was deleted meanwhile
		}
		again = append(again, change{topic: t, index: p.index, config: m.configOf(image, t.Name), old: p.old})
	}
	m.applyAll(again, nowMs)
	return host.Forever
}

// forgetUnopened takes a partition without a log out of the tables. It reports whether the
// partition was in them.
func (m *Manager) forgetUnopened(p *Partition) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	h := m.byID[p.id]
	if h == nil || int(p.index) >= len(h.parts) || h.parts[p.index] != p {
		return false
	}
	h.parts[p.index] = nil
	return true
}
