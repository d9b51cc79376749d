package main

// pass is one read of a partition from its log start to its end.
type pass struct {
	l *ledger
	// from is the log start at the beginning. next is the next expected offset, -1 before the first
	// record.
	from, next int64
	ackedEnd   int64
	last       map[int32]int64 // the latest number of each producer
	stamps     []stamp
}

// stamp is a record's offset and timestamp in milliseconds.
type stamp struct{ offset, ms int64 }

// newPass begins a read at the log start offset from. ackedEnd is the known end before it began.
func newPass(l *ledger, from, ackedEnd int64) *pass {
	return &pass{l: l, from: from, next: -1, ackedEnd: ackedEnd, last: map[int32]int64{}}
}

// record checks the next record. jumped means that retention overtook the reader, which is no gap.
func (p *pass) record(offset, ms int64, val []byte, jumped bool) error {
	id, err := parseValue(val)
	if err != nil {
		return broken("corrupt", p.l.part, "offset %d: %v", offset, err)
	}
	return p.take(offset, ms, id, jumped)
}

func (p *pass) take(offset, ms int64, id recordID, jumped bool) error {
	if p.next < 0 {
		p.next = p.from
	}
	switch {
	case offset < p.next:
		return broken("order", p.l.part, "offset %d was read after %d", offset, p.next-1)
	case jumped:
		clear(p.last)
		p.stamps, p.from = nil, offset
	case offset > p.next && !p.l.compacted:
		if o, lost, ok := p.l.firstAckedIn(p.next, offset); ok {
			return broken("lost", p.l.part, "acknowledged %v at offset %d is missing: offset %d was read after %d", lost, o, offset, p.next-1)
		}
		return broken("gap", p.l.part, "offset %d was read after %d", offset, p.next-1)
	}
	last, known := p.last[id.Producer]
	switch {
	case known && id.Seq <= last:
		return broken("order", p.l.part, "%v at offset %d comes after record %d of that producer", id, offset, last)
	case p.l.compacted:
	case known && id.Seq != last+1, !known && p.from == 0 && id.Seq != 0:
		return broken("hole", p.l.part, "%v at offset %d: the records of that producer before it (from %d) are missing", id, offset, last+1)
	}
	p.last[id.Producer] = id.Seq
	p.next = offset + 1
	p.stamps = append(p.stamps, stamp{offset, ms})
	return p.l.seen(offset, id)
}

// done ends a read that reached end, the log end offset from the broker.
func (p *pass) done(end int64) error {
	if end < p.ackedEnd {
		o, id, _ := p.l.firstAckedIn(end, p.ackedEnd)
		return broken("lost", p.l.part, "the log ends at %d, acknowledged was up to %d, %v at %d among it", end, p.ackedEnd-1, id, o)
	}
	if p.next < 0 {
		p.next = p.from
	}
	if p.next < end && !p.l.compacted {
		o, id, _ := p.l.firstAckedIn(p.next, end)
		return broken("lost", p.l.part, "reading stopped at %d before the end %d (%v at %d)", p.next, end, id, o)
	}
	return nil
}
