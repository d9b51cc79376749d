package main

import (
	"fmt"
	"sync"
)

// violation is a broken promise: kind, place, and the offsets to look at.
type violation struct {
	Kind   string // lost, duplicate, order, unstable, corrupt, moved-back, start, topic, unread, id, stuck
	Where  string // partition, group, topic
	Detail string
}

func (v *violation) Error() string { return fmt.Sprintf("%s: %s: %s", v.Kind, v.Where, v.Detail) }

func broken(kind string, where any, format string, args ...any) error {
	return &violation{Kind: kind, Where: fmt.Sprint(where), Detail: fmt.Sprintf(format, args...)}
}

// placed is the model of one offset.
type placed struct {
	id    recordID
	acked bool
}

// ledger is the model of one partition, from the answers to producers and from readers.
type ledger struct {
	part part
	// compacted logs have gaps and lose old values of a key. All other logs have no gaps.
	compacted bool

	mu sync.Mutex
	// at holds the records from offset start on. Invariant: where is its inverse, so no record is
	// known at two offsets.
	at    map[int64]placed
	where map[recordID]int64
	// start is the highest log start offset that the broker reported. The ledger drops records
	// below it.
	start int64
	// ackedEnd is one past the highest acknowledged offset.
	ackedEnd int64
}

func newLedger(p part, compacted bool) *ledger {
	return &ledger{part: p, compacted: compacted, at: map[int64]placed{}, where: map[recordID]int64{}}
}

// acked records that the broker acknowledged record id at offset.
func (l *ledger) acked(offset int64, id recordID) error { return l.note(offset, id, true) }

// seen records that a reader got record id at offset.
func (l *ledger) seen(offset int64, id recordID) error { return l.note(offset, id, false) }

func (l *ledger) note(offset int64, id recordID, acked bool) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if acked {
		l.ackedEnd = max(l.ackedEnd, offset+1)
	}
	if offset < l.start {
		return nil
	}
	how := map[bool]string{true: "acknowledged", false: "read"}
	if was, ok := l.at[offset]; ok {
		if was.id != id {
			return broken("unstable", l.part, "offset %d: %v was %s there, now %v is %s", offset, was.id, how[was.acked], id, how[acked])
		}
		if acked {
			l.at[offset] = placed{id, true}
		}
		return nil
	}
	if other, ok := l.where[id]; ok {
		return broken("duplicate", l.part, "%v is at offset %d (%s) and at %d (%s)", id, other, how[l.at[other].acked], offset, how[acked])
	}
	l.at[offset] = placed{id, acked}
	l.where[id] = offset
	return nil
}

// startsAt records a log start offset from the broker. It must never decrease.
func (l *ledger) startsAt(offset int64) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if offset < l.start {
		return broken("start", l.part, "log start is %d after it was %d", offset, l.start)
	}
	for o := l.start; o < offset; o++ {
		if p, ok := l.at[o]; ok {
			delete(l.at, o)
			delete(l.where, p.id)
		}
	}
	l.start = offset
	return nil
}

// mark returns the minimal result of a read that begins now.
func (l *ledger) mark() (start, ackedEnd int64, acked int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, p := range l.at {
		if p.acked {
			acked++
		}
	}
	return l.start, l.ackedEnd, acked
}

// firstAckedIn returns an acknowledged offset of [from, to), if there is one.
func (l *ledger) firstAckedIn(from, to int64) (int64, recordID, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for o := max(from, l.start); o < min(to, l.ackedEnd); o++ {
		if p, ok := l.at[o]; ok && p.acked {
			return o, p.id, true
		}
	}
	return 0, recordID{}, false
}
