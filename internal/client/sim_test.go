package client

import (
	"container/heap"
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/gregorhq/gregor/internal/client/link"
	"github.com/gregorhq/gregor/internal/host"
	"github.com/gregorhq/gregor/internal/protocol"
)

// turns is a host with one goroutine and simulated time, as a simulator has.
type turns struct {
	now  time.Duration
	seq  int
	rnd  *rand.Rand
	todo turnHeap
}

type turn struct {
	at   time.Duration
	seq  int
	f    func()
	over *bool
}

type turnHeap []turn

func (h turnHeap) Len() int { return len(h) }
func (h turnHeap) Less(i, j int) bool {
	return h[i].at < h[j].at || h[i].at == h[j].at && h[i].seq < h[j].seq
}
func (h turnHeap) Swap(i, j int) { h[i], h[j] = h[j], h[i] }
func (h *turnHeap) Push(x any)   { *h = append(*h, x.(turn)) }
func (h *turnHeap) Pop() any {
	old := *h
	x := old[len(old)-1]
	*h = old[:len(old)-1]
	return x
}

type turnTimer struct{ over *bool }

func (t turnTimer) Stop() bool {
	was := *t.over
	*t.over = true
	return !was
}

func (h *turns) Now() time.Time         { return time.Unix(0, int64(h.now)) }
func (h *turns) Elapsed() time.Duration { return h.now + 1 }
func (h *turns) Uint64() uint64         { return h.rnd.Uint64() }
func (h *turns) Go(f func())            { h.AfterFunc(time.Duration(h.rnd.IntN(5))*time.Microsecond, f) }
func (h *turns) Each(n, _ int, f func(int)) {
	for i := range n {
		f(i)
	}
}

func (h *turns) AfterFunc(d time.Duration, f func()) host.Timer {
	h.seq++
	over := new(bool)
	heap.Push(&h.todo, turn{h.now + d, h.seq, f, over})
	return turnTimer{over}
}

func (h *turns) run(until time.Duration) {
	for len(h.todo) > 0 && h.todo[0].at <= until {
		t := heap.Pop(&h.todo).(turn)
		h.now = t.at
		if !*t.over {
			*t.over = true
			t.f()
		}
	}
	h.now = until
}

// cable is a Transport of a simulator: frames take time and keep their order, dials are refused,
// and connections break.
type cable struct {
	h *turns
	// down: the peer refuses dials.
	down bool
}

type cableConn struct {
	c       *cable
	events  Events
	arrives time.Duration
	over    bool
}

func (c *cable) Dial(_ Peer, events Events) Conn {
	conn := &cableConn{c: c, events: events}
	conn.later(func() {
		if c.down {
			conn.over = true
			events.Broken(link.Fault{Kind: link.Refused, Gone: true})
			return
		}
		events.Opened()
	})
	return conn
}

// later runs f after everything that is on its way.
func (c *cableConn) later(f func()) {
	c.arrives = max(c.arrives, c.c.h.now+time.Duration(c.c.h.rnd.IntN(2000))*time.Microsecond)
	c.c.h.AfterFunc(c.arrives-c.c.h.now, func() {
		if !c.over {
			f()
		}
	})
}

func (c *cableConn) Write(b *Buffer) {
	bytes := append([]byte(nil), b.Bytes()...)
	b.Release()
	c.later(func() {
		c.events.Wrote(len(bytes))
		if c.c.h.rnd.IntN(100) == 0 {
			c.over = true
			c.events.Broken(link.Fault{Kind: link.Broken, Gone: true})
			return
		}
		for len(bytes) > 0 {
			n := 4 + int(bytes[2])<<8 + int(bytes[3])
			h, body, err := protocol.ParseRequestHeader(bytes[4:n])
			if err != nil {
				panic(err)
			}
			answer := echo(nil, h, body)
			bytes = bytes[n:]
			c.later(func() { c.events.Received(NewFrame(answer)) })
		}
	})
}

func (c *cableConn) Close() { c.over = true }

// TestOneGoroutine runs pools in a simulator: the same seed gives the same run, every request ends
// once, and requests are answered when the peer is up again.
func TestOneGoroutine(t *testing.T) {
	for seed := range uint64(20) {
		a, b := simulate(t, seed), simulate(t, seed)
		if a != b {
			t.Errorf("seed %d: two runs differ", seed)
		}
	}
}

func simulate(t *testing.T, seed uint64) uint64 {
	h := &turns{rnd: rand.New(rand.NewPCG(seed, 3))}
	c := &cable{h: h}
	trace := fnv.New64a()
	p := New(Options{Host: h, Transport: c, OnChange: func(ch Change) { fmt.Fprintln(trace, h.now, ch.Peer.ID, ch.Err) }})
	const n = 2000
	ends, answers := make([]int, n), 0
	for i := range n {
		text := fmt.Sprint(i)
		h.AfterFunc(time.Duration(h.rnd.IntN(20_000))*time.Millisecond, func() {
			to := Peer{ID: int32(h.rnd.IntN(3)), Address: "x"}
			p.Send(to, NewRequest(question(text), h.Elapsed()+5*time.Second), func(a Answer, err error) {
				fmt.Fprintln(trace, h.now, text, err)
				if ends[i]++; err == nil {
					answers++
					if answerText(a) != text {
						t.Errorf("seed %d: %s is answered with %s", seed, text, answerText(a))
					}
				}
			})
		})
	}
	h.AfterFunc(5*time.Second, func() { c.down = true })
	h.AfterFunc(8*time.Second, func() { c.down = false })
	h.run(40 * time.Second)
	for i, k := range ends {
		if k != 1 {
			t.Errorf("seed %d: request %d ends %d times", seed, i, k)
		}
	}
	if answers < n*8/10 {
		t.Errorf("seed %d: %d answers of %d", seed, answers, n)
	}
	p.Close()
	return trace.Sum64()
}
