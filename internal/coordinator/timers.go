package coordinator

import (
	"cmp"
	"container/heap"

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

// compareKeys orders timers that are due at the same time, so that they always fire in the same
// order.
func compareKeys(a, b shard.TimerKey) int {
	return cmp.Or(cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Name, b.Name), cmp.Compare(a.Part, b.Part))
}

type timerHeap []*timer

func (h timerHeap) Len() int { return len(h) }
func (h timerHeap) Less(i, j int) bool {
	return h[i].at < h[j].at || h[i].at == h[j].at && compareKeys(h[i].key, h[j].key) < 0
}
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

// timersHeldMs is the pause before timers that are due are looked at again. A timer may write, so
// none fires while the log refuses records.
const timersHeldMs = 500

// tick fires the timers that are due at an elapsed time.
func (p *partition[S]) tick(elapsed int64) {
	if p.retryAt != 0 && elapsed >= p.retryAt {
		p.state, p.retryAt, p.loadingSince = stateLoading, 0, elapsed
		p.enqueue()
	}
	if p.state != stateActive {
		return
	}
	now := max(p.now(), elapsed+p.skew)
	p.expire(now)
	if len(p.timers.heap) > 0 && p.timers.next() <= now && p.rt.opts.Log.Refuses(p.id) != nil {
		p.timersHeld = elapsed + timersHeldMs
		return
	}
	// A timer that fires may set another one that is due at once. That one fires at the next tick,
	// so that a core with a bug cannot keep this goroutine here for ever.
	for range len(p.timers.heap) {
		key, ok := p.timers.due(now)
		if !ok {
			break
		}
		was := listingOf(p.core, key.Name)
		p.perform(key.Name, was, p.core.Fire(now, key))
		if p.state != stateActive {
			return
		}
	}
}

// publishDeadline sets the time of this partition's next tick.
func (p *partition[S]) publishDeadline() {
	next := int64(0)
	if p.state == stateActive {
		if next = p.timers.next(); next != 0 {
			next = max(next, p.timersHeld+p.skew)
		}
		if len(p.parked) > 0 {
			next = earlier(next, p.parked[0].deadline)
		}
		next = earlier(next, p.lingerTill)
	}
	if next != 0 {
		next = max(next-p.skew, 1)
	}
	next = earlier(next, p.retryAt)
	if p.next.Swap(next) != next {
		p.rt.deadlineMoved(next)
	}
}

func earlier(a, b int64) int64 {
	if a == 0 || (b != 0 && b < a) {
		return b
	}
	return a
}
