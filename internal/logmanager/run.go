package logmanager

import (
	"sync"
	"time"
)

// drivers are the goroutines of a Manager.
type drivers struct {
	stop chan struct{}
	wg   sync.WaitGroup
}

// Run starts the drivers. Stop ends them.
func (m *Manager) Run() {
	m.drivers.stop = make(chan struct{})
	m.drivers.wg.Add(2)
	go m.runCommitter()
	go m.runFlusher()
	for range m.config.Load().Cleaner.Threads {
		m.drivers.wg.Add(1)
		go m.runCleaner()
	}
}

// halt stops the drivers and waits for them.
func (m *Manager) halt() {
	if m.drivers.stop == nil {
		return
	}
	close(m.drivers.stop)
	m.drivers.wg.Wait()
	m.drivers.stop = nil
}

func (m *Manager) runCommitter() {
	defer m.drivers.wg.Done()
	t := time.NewTimer(time.Hour)
	defer t.Stop()
	for {
		select {
		case <-m.commit.wake:
			if limit, before := m.commit.awaitMore(); limit > 0 {
				t.Reset(limit)
				select {
				case <-m.commit.full:
				case <-t.C:
				case <-m.drivers.stop:
				}
				m.commit.awaitedMore(before)
			}
			m.Commit()
		case <-m.drivers.stop:
			return
		}
	}
}

// runFlusher writes out segments that were rolled, so that neither an append nor a group commit waits for them.
func (m *Manager) runFlusher() {
	defer m.drivers.wg.Done()
	for {
		select {
		case <-m.flush.wake:
			m.Flush()
		case <-m.drivers.stop:
			return
		}
	}
}

func (m *Manager) runCleaner() {
	defer m.drivers.wg.Done()
	for {
		wait := time.Duration(m.config.Load().Cleaner.BackoffMs) * time.Millisecond
		if m.Clean(time.Now().UnixMilli()) {
			wait = 0
		}
		t := time.NewTimer(wait)
		select {
		case <-t.C:
		case <-m.cleaner.wake:
			t.Stop()
		case <-m.drivers.stop:
			t.Stop()
			return
		}
	}
}

// openAll opens the logs found, each directory with its own workers.
func (m *Manager) openAll(all []*found, open func(*found)) {
	var wg sync.WaitGroup
	for _, d := range m.dirs {
		jobs := make(chan *found, len(all))
		n := 0
		for _, f := range all {
			if f.dir == d {
				jobs <- f
				n++
			}
		}
		close(jobs)
		for range min(m.config.Load().workers(), n) {
			wg.Add(1)
			go func() {
				defer wg.Done()
				for f := range jobs {
					open(f)
				}
			}()
		}
	}
	wg.Wait()
}

// closeAll runs close for every log on as many goroutines as there are cores.
func (m *Manager) closeAll(logs []*Log, closeOne func(*Log)) {
	var wg sync.WaitGroup
	jobs := make(chan *Log, len(logs))
	for _, l := range logs {
		jobs <- l
	}
	close(jobs)
	for range min(m.config.Load().workers(), len(logs)) {
		wg.Add(1)
		go func() {
			defer wg.Done()
			for l := range jobs {
				closeOne(l)
			}
		}()
	}
	wg.Wait()
}

// throttle makes a cleaner thread pause so that it stays below perSecond bytes on average. A stop ends the pause.
func (m *Manager) throttle(perSecond float64) func(int) {
	if perSecond <= 0 || perSecond > 1e15 {
		return nil
	}
	began, bytes, stop := m.opts.Clock(), 0.0, m.drivers.stop
	return func(n int) {
		bytes += float64(n)
		ahead := time.Duration(bytes/perSecond*float64(time.Second)) - time.Duration(m.opts.Clock()-began)
		if ahead <= 10*time.Millisecond {
			return
		}
		pause := time.NewTimer(min(ahead, time.Second))
		defer pause.Stop()
		select {
		case <-pause.C:
		case <-stop:
		}
	}
}
