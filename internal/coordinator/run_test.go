package coordinator

import (
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/gregorhq/gregor/internal/host"
	"github.com/gregorhq/gregor/internal/protocol"
	"github.com/gregorhq/gregor/internal/shard"
)

type countWaiter struct {
	wg *sync.WaitGroup
	n  *atomic.Int64
}

func (c countWaiter) Reply(any)           { c.n.Add(1); c.wg.Done() }
func (c countWaiter) Fail(protocol.Error) { c.wg.Done() }

// TestManyCallers submits from many goroutines to several partitions, over a log
// that answers from others, with the driver running; nothing is lost or doubled.
func TestManyCallers(t *testing.T) {
	defer goleak.VerifyNone(t)
	log := newMemLog()
	log.async = true
	rt := New(Options[*kv]{
		Topic: "t", Log: log, New: func(func() int) *kv { return &kv{m: map[string]string{}} },
		Host: host.Real(), WriteTimeoutMs: func() int64 { return 60_000 },
	})
	const partitions, callers, each = 3, 8, 200
	for p := range int32(partitions) {
		rt.Load(p, 0)
		waitActive(rt, p)
	}
	var wg sync.WaitGroup
	var ok atomic.Int64
	wg.Add(callers * each)
	for c := range callers {
		go func() {
			for i := range each {
				to := countWaiter{&wg, &ok}
				rt.Run(int32(i%partitions), Command[*kv]{To: to, Decide: func(*kv, shard.Env) shard.Outcome {
					return shard.Outcome{Records: []shard.Record{{Key: fmt.Appendf(nil, "%d-%d", c, i), Value: []byte("v")}},
						Replies: []shard.Reply{{To: to, Response: 1}}}
				}})
			}
		}()
	}
	wg.Wait()
	if ok.Load() != callers*each {
		t.Errorf("%d of %d", ok.Load(), callers*each)
	}
	total := atomic.Int64{}
	for p := range int32(partitions) {
		wg.Add(1)
		to := countWaiter{&wg, &ok}
		rt.Run(p, Command[*kv]{To: to, Decide: func(k *kv, _ shard.Env) shard.Outcome {
			total.Add(int64(len(k.m)))
			return shard.Outcome{Replies: []shard.Reply{{To: to}}}
		}})
	}
	wg.Wait()
	if total.Load() != callers*each {
		t.Errorf("%d keys of %d; %d appends", total.Load(), callers*each, log.count())
	}
	rt.UnloadAll()
	rt.Close()
	log.wg.Wait()
}

// TestTimerDriver: a deadline set while the driver sleeps wakes it.
func TestTimerDriver(t *testing.T) {
	defer goleak.VerifyNone(t)
	log := newMemLog()
	fired := make(chan struct{}, 1)
	rt := New(Options[*firing]{
		Topic: "t", Log: log, New: func(func() int) *firing { return &firing{kv: kv{m: map[string]string{}}, c: fired} },
		Host: host.Real(), WriteTimeoutMs: func() int64 { return 60_000 },
	})
	rt.Load(0, 0)
	waitActive(rt, 0)
	for range 20 {
		rt.Run(0, Command[*firing]{Decide: func(_ *firing, env shard.Env) shard.Outcome {
			var o shard.Outcome
			o.Set(shard.TimerKey{Kind: 2}, env.Now+3_600_000)
			o.Set(shard.TimerKey{Kind: 1}, env.Now+2)
			return o
		}})
		select {
		case <-fired:
		case <-time.After(10 * time.Second):
			t.Fatal("the timer did not fire")
		}
	}
	rt.UnloadAll()
	rt.Close()
}

type firing struct {
	kv
	c chan struct{}
}

func (f *firing) Fire(int64, shard.TimerKey) shard.Outcome {
	f.c <- struct{}{}
	return shard.Outcome{}
}

func waitActive[S shard.Core](rt *Runtime[S], p int32) {
	for {
		done := make(chan bool, 1)
		rt.Run(p, Command[S]{To: boolWaiter(done), Decide: func(S, shard.Env) shard.Outcome {
			return shard.Outcome{Replies: []shard.Reply{{To: boolWaiter(done)}}}
		}})
		if <-done {
			return
		}
	}
}

type boolWaiter chan bool

func (b boolWaiter) Reply(any)           { b <- true }
func (b boolWaiter) Fail(protocol.Error) { b <- false }
