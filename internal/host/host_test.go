package host

import (
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

func TestLoopRunsOneStepForManyWakes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		steps := 0
		l := NewLoop(Real(), func() time.Duration { steps++; return Forever })
		for range 10 {
			l.Wake()
		}
		synctest.Wait()
		if steps != 1 && steps > 10 || steps == 0 {
			t.Fatalf("%d steps", steps)
		}
		before := steps
		l.Wake()
		synctest.Wait()
		if steps != before+1 {
			t.Errorf("a wake after the pause began made %d steps", steps-before)
		}
		l.Close()
		l.Wake()
		synctest.Wait()
		if steps != before+1 {
			t.Error("a closed loop ran a step")
		}
	})
}

func TestLoopPausesAndWakesEarly(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := Real()
		var at []time.Duration
		l := NewLoop(h, func() time.Duration { at = append(at, h.Elapsed().Round(time.Millisecond)); return time.Second })
		l.Wake()
		time.AfterFunc(1500*time.Millisecond, l.Wake)
		<-time.NewTimer(2600 * time.Millisecond).C
		l.Close()
		want := []time.Duration{0, time.Second, 1500 * time.Millisecond, 2500 * time.Millisecond}
		if len(at) != len(want) {
			t.Fatalf("steps at %v, want %v", at, want)
		}
		for i := range at {
			if at[i] != want[i] {
				t.Fatalf("steps at %v, want %v", at, want)
			}
		}
	})
}

func TestLoopWokenInsideItsStepRunsAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		steps := 0
		var l *Loop
		l = NewLoop(Real(), func() time.Duration {
			if steps++; steps < 3 {
				l.Wake()
			}
			return Forever
		})
		l.Wake()
		synctest.Wait()
		if steps != 3 {
			t.Errorf("%d steps, want 3", steps)
		}
		l.Close()
	})
}

func TestLoopCloseWaitsForItsStep(t *testing.T) {
	var began, ended atomic.Bool
	release := make(chan struct{})
	l := NewLoop(Real(), func() time.Duration {
		began.Store(true)
		<-release
		ended.Store(true)
		return 0
	})
	l.Wake()
	for !began.Load() {
	}
	go close(release)
	l.Close()
	if !ended.Load() {
		t.Error("Close returned inside a step")
	}
}

// queue is an executor with one goroutine: functions run when the test runs them.
type queue struct {
	Host
	fs []func()
}

func (q *queue) Go(f func()) { q.fs = append(q.fs, f) }

func TestGroupWaitRunsWhatDidNotBegin(t *testing.T) {
	q := &queue{Host: Real()}
	g := NewGroup(q)
	var got []int
	g.Go(func() { got = append(got, 1); g.Go(func() { got = append(got, 3) }) })
	g.Go(func() { got = append(got, 2) })
	g.Wait()
	for _, f := range q.fs {
		f()
	}
	if len(got) != 3 || got[0] != 1 || got[1] != 2 || got[2] != 3 {
		t.Errorf("ran %v", got)
	}
}

func TestGroupWaitsForWhatRuns(t *testing.T) {
	g := NewGroup(Real())
	var n atomic.Int64
	for range 100 {
		g.Go(func() { n.Add(1) })
	}
	g.Wait()
	if n.Load() != 100 {
		t.Errorf("%d of 100 ran", n.Load())
	}
}

func TestEachCallsEveryIndexOnce(t *testing.T) {
	for _, width := range []int{0, 1, 4, 100} {
		var mu sync.Mutex
		seen := map[int]int{}
		Real().Each(50, width, func(i int) { mu.Lock(); seen[i]++; mu.Unlock() })
		if len(seen) != 50 {
			t.Errorf("width %d: %d indexes", width, len(seen))
		}
	}
}

func TestUUIDHasVersionAndVariant(t *testing.T) {
	a, b := UUID(Real()), UUID(Real())
	if a == b || a[6]>>4 != 4 || a[8]>>6 != 2 {
		t.Errorf("%x %x", a, b)
	}
}

// A loop on a resident executor behaves like any other loop, and its goroutine ends.
func TestResidentLoop(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		exec, end := Resident(Real())
		steps := 0
		l := NewLoop(exec, func() time.Duration { steps++; return time.Second })
		for range 5 {
			l.Wake()
			synctest.Wait()
		}
		<-time.NewTimer(2500 * time.Millisecond).C
		synctest.Wait()
		l.Close()
		end()
		if steps != 7 {
			t.Errorf("%d steps, want 5 for the wakes and 2 for the pauses", steps)
		}
	})
	q := &queue{Host: Real()}
	if e, end := Resident(q); e != Executor(q) {
		t.Error("another executor is wrapped")
	} else {
		end()
	}
}
