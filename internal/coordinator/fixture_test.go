package coordinator

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/gregorhq/gregor/internal/host"
	"github.com/gregorhq/gregor/internal/protocol"
	"github.com/gregorhq/gregor/internal/shard"
)

// kv is a small core: the last value of each key.
type kv struct {
	m      map[string]string
	fired  []shard.TimerKey
	txns   []string
	loaded bool
	parked []shard.Waiter
}

func (k *kv) Replay(r shard.Stored) error {
	if strings.HasPrefix(string(r.Key), "bad") {
		return errors.New("bad key")
	}
	if r.ProducerID >= 0 {
		k.txns = append(k.txns, string(r.Key))
		return nil
	}
	if r.Value == nil {
		delete(k.m, string(r.Key))
		return nil
	}
	k.m[string(r.Key)] = string(r.Value)
	return nil
}
func (k *kv) ReplayEndTxn(id int64, _ int16, committed bool) {
	k.txns = append(k.txns, fmt.Sprint(id, committed))
}
func (k *kv) KeyOf(record []byte) string { return string(record) }
func (k *kv) Loaded(int64) shard.Outcome { k.loaded = true; return shard.Outcome{} }
func (k *kv) Unloaded() shard.Outcome {
	var o shard.Outcome
	for _, w := range k.parked {
		o.Fail(w, protocol.ErrNotCoordinator)
	}
	return o
}
func (k *kv) Fire(_ int64, key shard.TimerKey) shard.Outcome {
	k.fired = append(k.fired, key)
	return shard.Outcome{}
}

// answers collects the answers to waiters.
type answers struct{ got []string }

type collect struct {
	a    *answers
	name string
}

func (c collect) Reply(r any)             { c.a.got = append(c.a.got, fmt.Sprint(c.name, "=", r)) }
func (c collect) Fail(err protocol.Error) { c.a.got = append(c.a.got, c.name+"!"+err.Name()) }

func (a *answers) take() string {
	s := strings.Join(a.got, " ")
	a.got = nil
	return s
}

// manual is a host whose time the test sets and whose functions the test runs.
type manual struct {
	// now is the wall clock, elapsed the elapsed time, both in milliseconds.
	now, elapsed int64
	queue        []func()
	drawn        uint64
}

func newManual(now int64) *manual { return &manual{now: now, elapsed: now} }

func (m *manual) Now() time.Time         { return time.UnixMilli(m.now) }
func (m *manual) Elapsed() time.Duration { return time.Duration(m.elapsed-1) * time.Millisecond }
func (m *manual) Uint64() uint64         { m.drawn++; return m.drawn }
func (m *manual) Go(f func())            { m.queue = append(m.queue, f) }
func (m *manual) Each(n, _ int, f func(int)) {
	for i := range n {
		f(i)
	}
}

// AfterFunc makes a timer that never fires: the test calls tick.
func (m *manual) AfterFunc(time.Duration, func()) host.Timer { return noTimer{} }

type noTimer struct{}

func (noTimer) Stop() bool { return true }

// pass moves both clocks.
func (m *manual) pass(ms int64) { m.now, m.elapsed = m.now+ms, m.elapsed+ms }

// run runs the waiting functions, and the functions that they add. It reports whether there was
// one.
func (m *manual) run() (ran bool) {
	for len(m.queue) > 0 {
		f := m.queue[0]
		m.queue = m.queue[1:]
		f()
		ran = true
	}
	return ran
}

type fixture struct {
	*testing.T
	*manual
	log *memLog
	rt  *Runtime[*kv]
	a   answers
}

func newFixture(t *testing.T) *fixture {
	f := &fixture{T: t, manual: newManual(1000), log: newMemLog()}
	f.rt = New(Options[*kv]{
		Topic: "t", Log: f.log, New: func(func() int) *kv { return &kv{m: map[string]string{}} }, Host: f.manual,
		WriteTimeoutMs: func() int64 { return 5000 },
	})
	return f
}

func (f *fixture) load() *fixture {
	f.rt.Load(0, 3)
	f.run()
	return f
}

// retry lets the pause before the next load pass, and loads.
func (f *fixture) retry() {
	if at := f.rt.nextDeadline(); at > f.elapsed {
		f.pass(at - f.elapsed)
	}
	f.tick(f.elapsed)
	f.run()
}

// tick fires the timers that are due at an elapsed time and returns the next deadline.
func (f *fixture) tick(at int64) int64 {
	f.rt.tick(at)
	return f.rt.nextDeadline()
}

func (f *fixture) do(decide func(*kv) shard.Outcome) {
	f.rt.Run(0, Command[*kv]{Decide: func(k *kv, _ shard.Env) shard.Outcome { return decide(k) }})
}

func (f *fixture) set(name, key, value string) {
	f.rt.Run(0, Command[*kv]{To: collect{&f.a, name}, Key: key, Decide: func(*kv, shard.Env) shard.Outcome {
		return shard.Outcome{Records: []shard.Record{{Key: []byte(key), Value: []byte(value)}},
			Replies: []shard.Reply{{To: collect{&f.a, name}, Response: "ok"}}}
	}})
}

func (f *fixture) get(name, key string) {
	to := collect{&f.a, name}
	f.rt.Run(0, Command[*kv]{To: to, Key: key, Reads: true, Decide: func(k *kv, _ shard.Env) shard.Outcome {
		return shard.Outcome{Replies: []shard.Reply{{To: to, Response: k.m[key]}}}
	}})
}

func (f *fixture) expect(want string) {
	f.Helper()
	if got := f.a.take(); got != want {
		f.Errorf("got %q, want %q", got, want)
	}
}
