package coordinator

import (
	"errors"
	"fmt"
	"strings"
	"testing"

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

// answers collects what waiters are told.
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

type fixture struct {
	*testing.T
	log *memLog
	rt  *Runtime[*kv]
	now int64
	a   answers
}

func newFixture(t *testing.T) *fixture {
	f := &fixture{T: t, log: newMemLog(), now: 1000}
	f.rt = New(Options[*kv]{
		Topic: "t", Log: f.log, New: func(int32) *kv { return &kv{m: map[string]string{}} }, Now: func() int64 { return f.now },
		WriteTimeoutMs: func() int64 { return 5000 },
	})
	return f
}

func (f *fixture) load() *fixture {
	f.rt.Load(0, 3)
	for f.rt.LoadPending() {
	}
	return f
}

func (f *fixture) set(name, key, value string) {
	f.rt.Submit(0, Command[*kv]{To: collect{&f.a, name}, Decide: func(*kv, int64) shard.Outcome {
		return shard.Outcome{Records: []shard.Record{{Key: []byte(key), Value: []byte(value)}},
			Replies: []shard.Reply{{To: collect{&f.a, name}, Response: "ok"}}}
	}})
}

func (f *fixture) get(name, key string, barrier bool) {
	to := collect{&f.a, name}
	f.rt.Submit(0, Command[*kv]{To: to, Barrier: barrier, Decide: func(k *kv, _ int64) shard.Outcome {
		return shard.Outcome{Replies: []shard.Reply{{To: to, Response: k.m[key]}}}
	}})
}

func (f *fixture) expect(want string) {
	f.Helper()
	if got := f.a.take(); got != want {
		f.Errorf("got %q, want %q", got, want)
	}
}
