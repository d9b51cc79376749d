package coordinator

import (
	"container/heap"

	"github.com/gregorhq/gregor/internal/protocol"
	"github.com/gregorhq/gregor/internal/shard"
)

// timers is a deadline heap with an index, so that a timer can be moved.
// Invariant: byKey and heap hold the same items, each item's at > 0.
type timers struct {
	heap  timerHeap
	byKey map[shard.TimerKey]*timer
}

type timer struct {
	key   shard.TimerKey
	at    int64
	index int
}

func (t *timers) set(s shard.Timer) {
	cur := t.byKey[s.Key]
	switch {
	case s.At <= 0:
		if cur != nil {
			heap.Remove(&t.heap, cur.index)
			delete(t.byKey, s.Key)
		}
	case cur != nil:
		cur.at = s.At
		heap.Fix(&t.heap, cur.index)
	default:
		if t.byKey == nil {
			t.byKey = map[shard.TimerKey]*timer{}
		}
		cur = &timer{key: s.Key, at: s.At}
		heap.Push(&t.heap, cur)
		t.byKey[s.Key] = cur
	}
}

// due removes and returns the earliest timer that is due.
func (t *timers) due(now int64) (shard.TimerKey, bool) {
	if len(t.heap) == 0 || t.heap[0].at > now {
		return shard.TimerKey{}, false
	}
	top := heap.Pop(&t.heap).(*timer)
	delete(t.byKey, top.key)
	return top.key, true
}

func (t *timers) next() int64 {
	if len(t.heap) == 0 {
		return 0
	}
	return t.heap[0].at
}

type timerHeap []*timer

func (h timerHeap) Len() int           { return len(h) }
func (h timerHeap) Less(i, j int) bool { return h[i].at < h[j].at }
func (h timerHeap) Swap(i, j int) {
	h[i], h[j] = h[j], h[i]
	h[i].index, h[j].index = i, j
}
func (h *timerHeap) Push(x any) {
	t := x.(*timer)
	t.index = len(*h)
	*h = append(*h, t)
}
func (h *timerHeap) Pop() any {
	old := *h
	t := old[len(old)-1]
	old[len(old)-1] = nil
	*h = old[:len(old)-1]
	return t
}

// tick fires what is due at elapsed and gives up waiting for slow appends.
func (p *partition[S]) tick(elapsed int64) {
	if p.state != stateActive {
		return
	}
	now := p.now()
	now = max(now, elapsed+p.skew)
	p.expire(p.inflight, now)
	p.expire(p.pending, now)
	// A timer that fires may set another that is due at once; it fires on the next
	// tick, so that a core that errs cannot hold this goroutine for ever.
	for range len(p.timers.heap) {
		key, ok := p.timers.due(now)
		if !ok {
			break
		}
		p.submit(Command[S]{
			Decide:  func(core S, now int64) shard.Outcome { return core.Fire(now, key) },
			Barrier: key.Barrier,
		})
	}
}

// expire answers what has waited too long; the records go on, and whether they
// are committed is for the log to say.
func (p *partition[S]) expire(es []entry, now int64) {
	for i := range es {
		if e := &es[i]; !e.failed && e.deadline <= now {
			e.failed = true
			p.answerAll(e.outcome.Replies, protocol.ErrCoordinatorNotAvailable)
		}
	}
}

// publishDeadline tells the driver when this partition wants a tick.
func (p *partition[S]) publishDeadline() {
	next := int64(0)
	if p.state == stateActive {
		next = p.timers.next()
		next = earlier(next, firstDeadline(p.inflight))
		next = earlier(next, firstDeadline(p.pending))
		next = earlier(next, p.lingerTill)
	}
	if next != 0 {
		next = max(next-p.skew, 1)
	}
	if p.next.Swap(next) != next {
		p.rt.deadlineMoved(next)
	}
}

func firstDeadline(es []entry) int64 {
	for i := range es {
		if !es[i].failed {
			return es[i].deadline
		}
	}
	return 0
}

func earlier(a, b int64) int64 {
	if a == 0 || (b != 0 && b < a) {
		return b
	}
	return a
}
