package purgatory

// Op is one delayed operation. Its zero value is ready; after Remove it may be used again.
type Op struct {
	// Owner leads back to whoever made the Op. The purgatory never looks at it.
	Owner any
	// Want is how much is still missing, over all keys together, for waits that count: see Lower.
	Want int64

	deadlineMs int64
	// Invariant: 0 when the Op is in no heap, else its position in the heap plus one.
	slot    int
	watches *watch
}

// Parked reports whether the Op is in a heap or watches a key.
func (op *Op) Parked() bool { return op.slot != 0 || op.watches != nil }

// Watches is how many keys the Op waits for.
func (op *Op) Watches() (n int) {
	for w := op.watches; w != nil; w = w.sibling {
		n++
	}
	return n
}

// DeadlineMs is what Park was given, in milliseconds of the engine's clock.
func (op *Op) DeadlineMs() int64 { return op.deadlineMs }

// Key is what operations wait for, one per partition and kind. The zero value is ready.
type Key struct {
	head *watch
	n    int
}

// Waiting is how many watches the key has.
func (k *Key) Waiting() int { return k.n }

// watch links one Op to one Key; it is in the key's list (prev, next) and in the Op's (sibling).
type watch struct {
	op         *Op
	key        *Key
	need       int64
	prev, next *watch
	sibling    *watch
}

// Purgatory holds delayed operations. The zero value is ready. Not safe for concurrent use: its engine locks.
type Purgatory struct {
	heap []*Op
	free *watch
}

// Len is the number of operations with a deadline.
func (p *Purgatory) Len() int { return len(p.heap) }

// Each calls f for every operation with a deadline, in no order. f must not change the purgatory.
func (p *Purgatory) Each(f func(*Op)) {
	for _, op := range p.heap {
		f(op)
	}
}

// Watch lets op wait for key to reach need, an offset or whatever level the engine measures key by.
func (p *Purgatory) Watch(key *Key, op *Op, need int64) {
	w := p.free
	if w == nil {
		w = &watch{}
	} else {
		p.free = w.next
	}
	*w = watch{op: op, key: key, need: need, next: key.head, sibling: op.watches}
	if key.head != nil {
		key.head.prev = w
	}
	key.head, op.watches = w, w
	key.n++
}

// Park gives op a deadline in milliseconds. It reports whether this deadline is now the earliest, so that the driver's
// timer has to be set anew. An Op that is parked already keeps its first deadline.
func (p *Purgatory) Park(op *Op, deadlineMs int64) (earliest bool) {
	if op.slot != 0 {
		return false
	}
	op.deadlineMs = deadlineMs
	p.heap = append(p.heap, op)
	op.slot = len(p.heap)
	p.up(op.slot - 1)
	return op.slot == 1
}

// Remove takes op out of every key and the heap. It reports whether it was in any.
func (p *Purgatory) Remove(op *Op) bool {
	parked := op.Parked()
	for w := op.watches; w != nil; {
		sibling := w.sibling
		p.unlink(w)
		w = sibling
	}
	op.watches = nil
	if op.slot != 0 {
		p.cut(op.slot - 1)
	}
	return parked
}

// Reach removes every operation that waits for key to be at level or lower, appends it to out and returns out.
func (p *Purgatory) Reach(key *Key, level int64, out []*Op) []*Op {
	for w := key.head; w != nil; {
		next := w.next
		if w.need <= level {
			op := w.op
			// The same Op may watch this key twice; step over its other watches before they are recycled.
			for next != nil && next.op == op {
				next = next.next
			}
			p.Remove(op)
			out = append(out, op)
		}
		w = next
	}
	return out
}

// Lower takes amount off the Want of every operation that watches key, and removes those that then want nothing more: for
// waits that count bytes over several keys instead of comparing offsets. It appends them to out and returns out.
func (p *Purgatory) Lower(key *Key, amount int64, out []*Op) []*Op {
	for w := key.head; w != nil; {
		next := w.next
		op := w.op
		if op.Want > amount {
			op.Want -= amount
			w = next
			continue
		}
		op.Want = 0
		for next != nil && next.op == op {
			next = next.next
		}
		p.Remove(op)
		out = append(out, op)
		w = next
	}
	return out
}

// Expire removes every operation whose deadline is nowMs or earlier, appends it to out and returns out, earliest first.
func (p *Purgatory) Expire(nowMs int64, out []*Op) []*Op {
	for len(p.heap) > 0 && p.heap[0].deadlineMs <= nowMs {
		op := p.heap[0]
		p.Remove(op)
		out = append(out, op)
	}
	return out
}

// NextMs is the earliest deadline; ok is false when nothing is parked.
func (p *Purgatory) NextMs() (deadlineMs int64, ok bool) {
	if len(p.heap) == 0 {
		return 0, false
	}
	return p.heap[0].deadlineMs, true
}

func (p *Purgatory) unlink(w *watch) {
	if w.prev != nil {
		w.prev.next = w.next
	} else {
		w.key.head = w.next
	}
	if w.next != nil {
		w.next.prev = w.prev
	}
	w.key.n--
	*w = watch{next: p.free}
	p.free = w
}
