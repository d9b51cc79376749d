package link

import (
	"container/heap"
	"flag"
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/gregorhq/gregor/internal/protocol"
)

var seeds = flag.Int("seeds", 300, "seeds of TestRandomLink")

// TestRandomLink runs links against peers that do everything a peer can do, from seeds, and checks
// after each event what the package promises.
func TestRandomLink(t *testing.T) {
	total := map[string]int{}
	for seed := range uint64(*seeds) {
		w := newWorld(seed)
		w.run()
		if w.failure != "" {
			t.Fatalf("seed %d at %v: %s", seed, w.now, w.failure)
		}
		for k, n := range w.counts { // any order
			total[k] += n
		}
		if seed%50 == 0 {
			again := newWorld(seed)
			if again.run(); again.trace.Sum64() != w.trace.Sum64() {
				t.Fatalf("seed %d: two runs differ", seed)
			}
		}
	}
	t.Logf("%v", total)
	for _, k := range []string{"answered", "up", "idle", Refused.String(), Unreachable.String(), Broken.String(), TimedOut.String(), Closed.String(), Unsupported.String(), Full.String(),
		WrongNode.String(), Invalid.String()} {
		if total[k] == 0 {
			t.Errorf("%q never happened: %v", k, total)
		}
	}
}

// mood is the behaviour of the peer, which changes from time to time.
type mood int

const (
	healthy mood = iota
	refusing
	deaf    // dials have no result
	stopped // dials succeed, and nothing is answered
	mad     // false answers
	fleeing // closes connections
	moods
)

type future struct {
	at  Time
	seq int
	f   func()
}

type futures []future

func (h futures) Len() int { return len(h) }
func (h futures) Less(i, j int) bool {
	return h[i].at < h[j].at || h[i].at == h[j].at && h[i].seq < h[j].seq
}
func (h futures) Swap(i, j int) { h[i], h[j] = h[j], h[i] }
func (h *futures) Push(x any)   { *h = append(*h, x.(future)) }
func (h *futures) Pop() any {
	old := *h
	x := old[len(old)-1]
	*h = old[:len(old)-1]
	return x
}

// world is one link, its owner and its peer.
type world struct {
	rnd    *rand.Rand
	o      Options
	l      *Link
	now    Time
	events futures
	seq    int
	mood   mood
	trace  interface {
		Write([]byte) (int, error)
		Sum64() uint64
	}

	// open are the requests that have not ended.
	open map[*Request]bool
	// conn is the connection that the owner has, 0 for none. arrives is the earliest arrival of the
	// next answer on it.
	conn    uint64
	arrives Time
	// written are the requests of conn without an answer.
	written   []*Request
	unwritten int
	// quiet is the earliest time of the next dial.
	quiet    Time
	answered bool

	failure string
	counts  map[string]int
}

func newWorld(seed uint64) *world {
	w := &world{rnd: rand.New(rand.NewPCG(seed, 1)), open: map[*Request]bool{}, counts: map[string]int{}, trace: fnv.New64a()}
	w.o = Options{Seed: seed, MaxInFlight: 1 + w.rnd.IntN(8), MaxQueued: 1 + w.rnd.IntN(20), MaxUnwritten: 1 + w.rnd.IntN(200), IdleAfter: time.Duration(1+w.rnd.IntN(5)) * time.Second,
		AskVersion: int16(w.rnd.IntN(6))}
	w.l = New(w.o)
	return w
}

func (w *world) after(d time.Duration, f func()) {
	w.seq++
	heap.Push(&w.events, future{w.now + d, w.seq, f})
}

func (w *world) between(lo, hi time.Duration) time.Duration {
	return lo + time.Duration(w.rnd.Int64N(int64(hi-lo)+1))
}

func (w *world) fail(format string, args ...any) {
	if w.failure == "" {
		w.failure = fmt.Sprintf(format, args...)
	}
}

const (
	troubled = 2 * time.Minute
	calm     = 30 * time.Second
)

// run runs two minutes of trouble, then a healthy peer, at which every request must be answered.
func (w *world) run() {
	w.after(0, w.client)
	w.after(0, w.changeMood)
	for steps := 0; w.failure == "" && len(w.events) > 0 && w.now < troubled+calm; steps++ {
		if steps > 1_000_000 {
			w.fail("it does not go on")
		}
		e := heap.Pop(&w.events).(future)
		if d := w.l.Deadline(); d >= 0 && d <= e.at {
			heap.Push(&w.events, e)
			w.now = max(w.now, d)
			w.l.Tick(w.now)
		} else {
			w.now = e.at
			e.f()
		}
		w.perform()
		w.check()
	}
	if w.failure != "" {
		return
	}
	w.l.Close(w.now)
	w.perform()
	if len(w.open) > 0 || w.conn != 0 {
		w.fail("%d requests and connection %d are open after Close", len(w.open), w.conn)
	}
}

func (w *world) changeMood() {
	w.mood = mood(w.rnd.IntN(int(moods)))
	if w.rnd.IntN(2) == 0 || w.now >= troubled {
		w.mood = healthy
	}
	if w.mood == fleeing && w.conn != 0 {
		w.after(0, w.breakNow(w.conn))
	}
	if w.now < troubled {
		w.after(w.between(time.Millisecond, 5*time.Second), w.changeMood)
	}
	if w.rnd.IntN(10) == 0 {
		w.l.Retry(w.now)
		w.quiet = w.now
	}
}

// client submits requests.
func (w *world) client() {
	for range 1 + w.rnd.IntN(5) {
		r := &Request{Key: protocol.KeyFetch, Allowed: Range{4, 17}, Deadline: w.now + w.between(time.Millisecond, 8*time.Second)}
		if w.rnd.IntN(30) == 0 {
			r.Allowed = Range{18, 20}
		}
		if w.now > troubled+9*time.Second { // its dials and backoff are over
			r.Allowed, r.Deadline = Range{4, 17}, w.now+5*time.Second
		}
		w.open[r] = true
		w.l.Submit(w.now, r)
	}
	pause := w.between(0, 200*time.Millisecond)
	if w.rnd.IntN(50) == 0 {
		pause = w.between(0, 20*time.Second)
	}
	if w.now < troubled+calm-10*time.Second {
		w.after(pause, w.client)
	}
}

func (w *world) perform() {
	for e, ok := w.l.Next(); ok && w.failure == ""; e, ok = w.l.Next() {
		fmt.Fprintln(w.trace, w.now, e.Kind, e.Conn, e.Version, e.Correlation, e.Fault.Kind)
		switch e.Kind {
		case Dial:
			w.dial(e.Conn)
		case Ask:
			w.ask(e)
		case Write:
			w.write(e)
		case Close:
			if e.Conn != w.conn {
				w.fail("closes connection %d of %d", e.Conn, w.conn)
			}
			w.lose()
		case Done:
			w.end(e.Request, e.Fault)
		case Up:
			w.counts["up"]++
		case Down:
			w.downed(e.Fault)
		}
	}
	w.quietNow()
}

// downed notes the earliest time of the next dial.
func (w *world) downed(Fault) {
	w.quiet = w.now
	if !w.answered {
		w.quiet += w.l.o.Backoff * 8 / 10
		if w.l.checking {
			w.quiet -= w.l.o.Backoff * 72 / 100
		}
	}
	w.answered = false
}

func (w *world) quietNow() {
	if s, _ := w.l.State(); s == Idle {
		w.counts["idle"]++
	}
}

func (w *world) lose() {
	w.conn, w.written, w.unwritten = 0, nil, 0
}

func (w *world) end(r *Request, f Fault) {
	if !w.open[r] {
		w.fail("a request ends twice, now with %s", f.Text())
	}
	delete(w.open, r)
	w.counts[f.Kind.String()]++
	if f.Kind == TimedOut && w.now < r.Deadline {
		w.fail("a request timed out %v too early", r.Deadline-w.now)
	}
	if w.now > troubled+10*time.Second && w.now < troubled+calm && f.Kind != Full && f.Kind != Invalid && r.Allowed.Max == 17 && r.Deadline > troubled+14*time.Second {
		w.fail("a healthy peer does not answer: %s", f.Text())
	}
}

// check checks the promises that hold after each event.
func (w *world) check() {
	for r := range w.open { // any order
		if r.Deadline <= w.now && w.l.Deadline() > w.now {
			w.fail("a request is open %v after its deadline", w.now-r.Deadline)
		}
	}
	if n := w.l.Queued() + w.l.InFlight(); n != len(w.open) {
		w.fail("the link has %d requests, %d are open", n, len(w.open))
	}
	if w.l.Queued() > w.o.MaxQueued || w.l.InFlight() > w.o.MaxInFlight {
		w.fail("%d queued, %d in flight", w.l.Queued(), w.l.InFlight())
	}
	if s, _ := w.l.State(); (s == Dialing || s == Negotiating || s == Ready) != (w.conn != 0) {
		w.fail("state %v with connection %d", s, w.conn)
	}
	if d := w.l.Deadline(); len(w.open) > 0 && d < 0 {
		w.fail("%d requests are open, and no time is set", len(w.open))
	}
}
