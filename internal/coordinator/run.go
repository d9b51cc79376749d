package coordinator

import (
	"context"
	"sync"
	"time"
)

// loaders is how many partitions are replayed at a time (group.coordinator.background.threads).
const loaders = 2

// Run drives the runtime until ctx ends: one goroutine for all timers, and a few
// that load. It returns when they have ended; call UnloadAll first to answer
// what is parked.
func (r *Runtime[S]) Run(ctx context.Context) {
	var wg sync.WaitGroup
	for range loaders {
		wg.Go(func() { r.runLoader(ctx) })
	}
	r.runTimers(ctx)
	wg.Wait()
}

// later runs f on a goroutine of its own.
func later(f func()) { go f() }

func (r *Runtime[S]) runLoader(ctx context.Context) {
	for {
		for ctx.Err() == nil && r.LoadPending() {
			signal(r.wakeLoader) // another loader may take the next
		}
		select {
		case <-ctx.Done():
			return
		case <-r.wakeLoader:
		}
	}
}

func (r *Runtime[S]) runTimers(ctx context.Context) {
	timer := time.NewTimer(time.Hour)
	defer timer.Stop()
	for {
		now := r.opts.Elapsed()
		next := r.Tick(now)
		r.sleepUntil.Store(next)
		// A deadline may have moved between Tick and Store; look again before sleeping.
		if again := r.nextDeadline(); again != next {
			continue
		}
		wait := time.Hour
		if next != 0 {
			wait = time.Duration(max(next-now, 1)) * time.Millisecond
		}
		timer.Reset(wait)
		select {
		case <-ctx.Done():
			return
		case <-timer.C:
		case <-r.wakeTimer:
		}
	}
}
