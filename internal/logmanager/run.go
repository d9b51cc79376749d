package logmanager

import (
	"time"

	"github.com/gregorhq/gregor/internal/host"
)

// Run starts the committers, the flushers and the cleaner threads. Stop ends them.
func (m *Manager) Run() {
	m.cleaner.resize(m)
	m.running.Store(true)
	for _, d := range m.dirs {
		d.commit.loop.Wake()
		d.flush.loop.Wake()
	}
	m.WakeCleaner()
}

// initLoops makes the loops of a directory: its committer, its flusher and its periodic work.
func (m *Manager) initLoops(d *Dir) {
	exec, end := host.Resident(m.host)
	c := &d.commit
	c.loop, c.end = host.NewLoop(exec, func() time.Duration { return m.commitStep(d) }), end
	c.wake = func() { m.wakeUp(c.loop) }
	c.costs.observe = m.opts.OnSync
	f := &d.flush
	f.loop = host.NewLoop(m.host, func() time.Duration { return m.flushStep(d) })
	f.wake = func() { m.wakeUp(f.loop) }
	d.tick.loop = host.NewLoop(m.host, func() time.Duration { m.tickDir(d); return host.Forever })
}

// haltDir ends the committer, the flusher and the periodic work of a directory. It aborts the
// compactions of the directory's logs. stopping is set.
func (m *Manager) haltDir(d *Dir) {
	d.tick.loop.Close()
	d.commit.loop.Close()
	d.commit.end()
	d.flush.loop.Close()
	for l := range m.logsIn(d) {
		m.awaitCompactionOf(l)
	}
}

// haltShared ends what works for all directories: the cleaner threads and the work on what is idle.
// It may wait for any directory.
func (m *Manager) haltShared() {
	m.idle.loop.Close()
	for _, t := range m.cleaner.all() {
		t.loop.Close()
		if t.run != nil {
			m.awaitCompaction(t.run)
			t.run = nil
		}
	}
}

// retryPause is the pause before an operation is tried again that failed for want of file
// descriptors.
const retryPause = 200 * time.Millisecond

// commitStep is the step of a committer. It lets a group grow for a moment where that pays, and
// then makes it durable.
func (m *Manager) commitStep(d *Dir) time.Duration {
	if pause := d.commit.await(m.host.Elapsed()); pause > 0 {
		return pause
	}
	m.commitIn(d)
	if d.commit.mustRetry() {
		return retryPause
	}
	return host.Forever
}

// flushStep is the step of a flusher. It writes out segments that were rolled, so that neither an
// append nor a group commit waits for them.
func (m *Manager) flushStep(d *Dir) time.Duration {
	if m.flushIn(d) {
		return host.Forever
	}
	return retryPause
}
