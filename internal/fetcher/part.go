package fetcher

import "github.com/gregorhq/gregor/internal/list"

// state is what a part does.
type state uint8

const (
	// fetching: it is in the session, or waits for its turn or the end of a pause.
	fetching state = iota
	// asking: its fetch offset is out of range, and the leader is asked for its log.
	asking
	// stopped: it waits for another Assign.
	stopped
)

// part is one partition.
type part struct {
	key       Key
	name      string
	epoch     int32
	throttled bool
	state     state
	at        Position
	// failures counts consecutive failures.
	failures int
	// dueMs is the end of its pause, 0 without one. slot is its place in the heap.
	dueMs int64
	slot  int

	// inSession says that the session has the part, at the position known.
	inSession bool
	known     known
	// namedBy is the last fetch that named it.
	namedBy uint64
	// dirty says that it is in Fetcher.dirty, removed that it is here only for that.
	dirty, removed bool

	// behind says that the log ends below the leader's high watermark. turn says that it may be in
	// the session nevertheless, waiting that it is in the queue for that. got counts the bytes of
	// its turn. seat is its place in turns.seated.
	behind, turn, waiting bool
	got                   int64
	seat                  int

	// wanted, strange, hungry and unsynced say in which counters of Fetcher it counts.
	wanted, strange, hungry, unsynced bool

	list.Links[part]
}

// known is the position of a part in the leader's session.
type known struct {
	epoch, lastEpoch       int32
	offset, start, durable int64
}

func (p *part) place(at Position) {
	at.Durable = min(at.Durable, at.End)
	p.at = at
}

// now returns what the next request would say.
func (p *part) now() known {
	return known{epoch: p.epoch, lastEpoch: p.at.LastEpoch, offset: p.at.End, start: p.at.Start, durable: p.at.Durable}
}

// wants reports whether the part belongs into the session.
func (f *Fetcher) wants(p *part) bool {
	switch {
	case p.removed || p.state != fetching || p.dueMs != 0:
		return false
	case p.behind && (!p.turn || p.throttled && f.choked):
		return false
	}
	return true
}

// touch brings the counters and the list of dirty parts up to date after a change of p.
func (f *Fetcher) touch(p *part) {
	want := f.wants(p)
	count(&f.wanted, &p.wanted, want)
	count(&f.strange, &p.strange, want && !p.inSession)
	count(&f.hungry, &p.hungry, want && p.behind)
	count(&f.unsynced, &p.unsynced, want && p.at.Syncing)
	if !p.dirty && (want != p.inSession || want && p.known != p.now()) {
		p.dirty = true
		f.dirty = append(f.dirty, p)
	}
}

func count(n *int, was *bool, is bool) {
	if *was != is {
		*was = is
		if is {
			*n++
		} else {
			*n--
		}
	}
}

// delayHeap has the parts that pause. The pause of the part at index 0 ends first.
type delayHeap []*part

func (h *delayHeap) push(p *part) {
	*h = append(*h, p)
	p.slot = len(*h) - 1
	h.up(p.slot)
}

func (h *delayHeap) pop() *part {
	p := (*h)[0]
	h.remove(p)
	return p
}

func (h *delayHeap) remove(p *part) {
	i, last := p.slot, len(*h)-1
	h.swap(i, last)
	(*h)[last] = nil
	*h = (*h)[:last]
	if i < last {
		h.down(i)
		h.up(i)
	}
}

func (h delayHeap) swap(i, j int) {
	h[i], h[j] = h[j], h[i]
	h[i].slot, h[j].slot = i, j
}

func (h delayHeap) up(i int) {
	for i > 0 && h[i].dueMs < h[(i-1)/2].dueMs {
		h.swap(i, (i-1)/2)
		i = (i - 1) / 2
	}
}

func (h delayHeap) down(i int) {
	for {
		least := 2*i + 1
		if least >= len(h) {
			return
		}
		if r := least + 1; r < len(h) && h[r].dueMs < h[least].dueMs {
			least = r
		}
		if h[i].dueMs <= h[least].dueMs {
			return
		}
		h.swap(i, least)
		i = least
	}
}
