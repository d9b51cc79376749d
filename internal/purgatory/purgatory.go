package purgatory

// Op is one delayed operation. Its zero value is ready for use. After Remove it can be used again.
type Op struct {
	// Owner is the maker's. The purgatory does not use it.
	Owner any
	// Want is the missing amount over all keys, for waits that count. See Lower.
	Want int64

	deadlineMs int64
	// Invariant: 0 when the Op is in no heap, else its position in the heap plus one.
	slot    int
	watches *watch
}

// Parked reports whether the Op is in a heap or watches a key.
func (op *Op) Parked() bool { return op.slot != 0 || op.watches != nil }

// Watches returns how many keys the Op waits for.
func (op *Op) Watches() (n int) {
	for w := op.watches; w != nil; w = w.sibling {
		n++
	}
	return n
}

// DeadlineMs returns the deadline from Park, in milliseconds of the engine's clock.
func (op *Op) DeadlineMs() int64 { return op.deadlineMs }

// Key is something that operations wait for, one for each partition and kind. The zero value is
// ready for use.
type Key struct {
	head *watch
	n    int
}

// Waiting returns how many watches the key has.
func (k *Key) Waiting() int { return k.n }

// watch links one Op to one Key. It is in the list of the key (prev, next) and in that of the Op
// (sibling).
type watch struct {
	op         *Op
	key        *Key
	need       int64
	prev, next *watch
	sibling    *watch
}

// Purgatory holds delayed operations. The zero value is ready for use. It is not safe for
// concurrent use; its engine locks.
type Purgatory struct {
	heap []*Op
	free *watch
}

// Len returns the number of operations with a deadline.
func (p *Purgatory) Len() int { return len(p.heap) }

// Each calls f for every operation with a deadline, in no particular order. f must not change the
// purgatory.
func (p *Purgatory) Each(f func(*Op)) {
	for _, op := range p.heap {
		f(op)
	}
}

// Watch makes op wait for key to reach need: an offset, or another level that the engine uses for
// key.
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

// Park gives op a deadline in milliseconds. An Op that is parked already keeps its first deadline.
func (p *Purgatory) Park(op *Op, deadlineMs int64) {
	if op.slot != 0 {
		return
	}
	op.deadlineMs = deadlineMs
	p.heap = append(p.heap, op)
	op.slot = len(p.heap)
	p.up(op.slot - 1)
}

// Remove takes op out of every key and the heap. It reports whether op was in any of them.
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

// Reach removes every operation that waits for key to reach level or a lower level. It appends them
// to out and returns out.
func (p *Purgatory) Reach(key *Key, level int64, out []*Op) []*Op {
	for w := key.head; w != nil; {
		next := w.next
		if w.need <= level {
			op := w.op
			// The same Op may watch this key twice. Skip its other watches before they
			// are used again.
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

// Lower subtracts amount from the Want of every operation that watches key, and removes the
// operations that then want nothing more. It is for waits that count bytes over several keys. It
// appends the removed operations to out and returns out.
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

// Expire removes every operation whose deadline is nowMs or earlier. It appends them to out, the
// earliest first, and returns out.
func (p *Purgatory) Expire(nowMs int64, out []*Op) []*Op {
	for len(p.heap) > 0 && p.heap[0].deadlineMs <= nowMs {
		op := p.heap[0]
		p.Remove(op)
		out = append(out, op)
	}
	return out
}

// NextMs returns the earliest deadline. ok is false when no operation has one.
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
