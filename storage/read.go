package storage

// Read returns whole batches from the one that holds offset `from` on, all in one segment and
// without a gap between them, so that the next read begins where this one ended (a slice
// that went on in the next segment after a cut would lose everything between). It is empty at the
// upper bound. ErrOffsetOutOfRange: `from` is not within [LogStartOffset, LogEndOffset].
//
// A first batch larger than MaxBytes is returned only with MinOneBatch. A batch that reaches to or
// beyond Below is never returned. [Classify] says what other errors concern.
func (l *Log) Read(from int64, o ReadOptions) (ReadResult, error) {
	l.mu.RLock()
	defer l.mu.RUnlock()
	empty := ReadResult{FirstOffset: -1}
	if l.closed {
		return empty, ErrClosed
	}
	end := l.end.Load()
	if from > end || from < l.logStart.Load() {
		return empty, ErrOffsetOutOfRange
	}
	below := min(o.Below, end)
	if from >= below || o.MaxBytes <= 0 && !o.MinOneBatch {
		return empty, nil
	}
	for i := l.floorSegment(from); i < len(l.segments); i++ {
		s := l.segments[i]
		if s.base >= below {
			break
		}
		first, found, err := s.locate(from)
		if err != nil {
			return empty, l.readError(err)
		}
		if !found {
			continue // compaction left nothing up to the next segment
		}
		if first.last >= below {
			break
		}
		next := end
		if i+1 < len(l.segments) {
			next = l.segments[i+1].base
		}
		return l.readFrom(s, first, next, below, o)
	}
	return empty, nil
}

// readFrom cuts the slice that begins with the batch first. next is the offset at which the
// segment ends.
func (l *Log) readFrom(s *segment, first place, next, below int64, o ReadOptions) (ReadResult, error) {
	empty := ReadResult{FirstOffset: -1}
	stop := s.size.Load()
	if below < next {
		p, found, err := s.locate(below)
		if err != nil {
			return empty, l.readError(err)
		}
		if found {
			stop = p.pos
		}
	}
	if limit := first.pos + int64(o.MaxBytes); limit < stop {
		end, err := s.border(first.pos, limit)
		if err != nil {
			return empty, l.readError(err)
		}
		if end <= first.pos {
			if !o.MinOneBatch {
				return empty, nil
			}
			end = first.pos + first.size
		}
		stop = end
	}
	h, err := l.pool.acquire(s)
	if err != nil {
		return empty, l.readError(err)
	}
	return ReadResult{Slice: Slice{h: h, off: first.pos, n: int(stop - first.pos)}, FirstOffset: first.base}, nil
}

// readError is the error of a failed read as [wrap] returns it.
func (l *Log) readError(err error) error { return wrap("read", l.dir, err) }

// AbortedTxns lists the aborted transactions that overlap [from, upTo), for a fetch with
// isolation level read_committed.
func (l *Log) AbortedTxns(from, upTo int64) ([]AbortedTxn, error) {
	l.mu.RLock()
	defer l.mu.RUnlock()
	if l.closed {
		return nil, ErrClosed
	}
	var out []AbortedTxn
	for i := l.floorSegment(from); i < len(l.segments); i++ {
		s := l.segments[i]
		s.mu.Lock()
		var complete bool
		var err error
		if s.hasTxn {
			out, complete, err = s.txnIndex().Collect(out, from, upTo)
		}
		s.mu.Unlock()
		if err != nil {
			return nil, l.readError(err)
		}
		if complete {
			break
		}
	}
	return out, nil
}
