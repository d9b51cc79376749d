package replication

import (
	"sync"
	"sync/atomic"
	"time"
)

// drivers are the goroutines of a Manager.
type drivers struct {
	stop chan struct{}
	wg   sync.WaitGroup
}

// Run starts the driver that answers delayed operations at their deadlines. Stop ends it.
func (m *Manager) Run() {
	m.drivers.stop = make(chan struct{})
	m.drivers.wg.Add(1)
	go m.runExpiry(m.drivers.stop)
}

// Stop ends the driver. What is still delayed is not answered: the connections that wait are gone by then.
func (m *Manager) Stop() {
	if m.drivers.stop != nil {
		close(m.drivers.stop)
		m.drivers.wg.Wait()
		m.drivers.stop = nil
	}
}

func (m *Manager) runExpiry(stop chan struct{}) {
	defer m.drivers.wg.Done()
	const idle = time.Hour
	timer := time.NewTimer(idle)
	defer timer.Stop()
	for {
		nextMs, ok := m.Expire(m.opts.Elapsed())
		wait := idle
		if ok {
			wait = min(max(time.Duration(nextMs-m.opts.Elapsed())*time.Millisecond, time.Millisecond), idle)
		}
		timer.Reset(wait)
		select {
		case <-timer.C:
		case <-m.rearm:
		case <-stop:
			return
		}
	}
}

// later runs f on a goroutine of its own: for the rare work that must not be done under the locks its cause was found under.
func (d *drivers) later(f func()) {
	d.wg.Add(1)
	go func() {
		defer d.wg.Done()
		f()
	}()
}

// inParallel is how many logs are made or deleted at once, and fewFor how many are done one after the other.
const (
	inParallel = 32
	fewFor     = 4
)

// each calls f for 0 to n-1, on several goroutines when there are many, and returns when all are done.
func (d *drivers) each(n int, f func(i int)) {
	if n <= fewFor {
		for i := range n {
			f(i)
		}
		return
	}
	var next atomic.Int64
	var wg sync.WaitGroup
	for range min(n, inParallel) {
		wg.Add(1)
		go func() {
			defer wg.Done()
			for i := int(next.Add(1)) - 1; i < n; i = int(next.Add(1)) - 1 {
				f(i)
			}
		}()
	}
	wg.Wait()
}
