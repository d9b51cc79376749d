package storage

// view is a log at one moment, for work that reads closed segments and must not hold up appends or
// syncs. A file of it can be cut short or gone when it is read, see outdated.
type view struct {
	l          *Log
	dir        string
	segments   []*segment // not empty
	start, end int64      // log start and end offset
	hw, stable int64      // high watermark and last stable offset
	size       int64      // bytes of the last segment
	gen        uint64
}

// view returns the log as it is now. The caller holds no lock, or reshape alone.
func (l *Log) view() (view, error) {
	if err := l.completeTruncation(); err != nil {
		return view{}, err
	}
	l.mu.RLock()
	defer l.mu.RUnlock()
	if l.closed {
		return view{}, ErrClosed
	}
	if l.truncation != nil { // it began meanwhile
		return view{}, l.truncation.err
	}
	return view{l: l, dir: l.dir, segments: l.segments, start: l.logStart.Load(), end: l.end.Load(), hw: l.hw.Load(),
		stable: l.LastStableOffset(), size: l.active().size.Load(), gen: l.gen}, nil
}

func (v *view) active() *segment { return v.segments[len(v.segments)-1] }

// endOf is the offset at which segment i ends.
func (v *view) endOf(i int) int64 {
	if i == len(v.segments)-1 {
		return v.end
	}
	return v.segments[i+1].base
}

// sizeOf is the size of segment i in bytes.
func (v *view) sizeOf(i int) int64 {
	if i == len(v.segments)-1 {
		return v.size
	}
	return v.segments[i].size.Load()
}

// floorOf is the index of the last segment whose base offset is at or below offset; 0 when there is
// none.
func floorOf(segments []*segment, offset int64) int {
	lo, hi := 0, len(segments)
	for lo < hi {
		mid := int(uint(lo+hi) / 2)
		if segments[mid].base <= offset {
			lo = mid + 1
		} else {
			hi = mid
		}
	}
	return max(lo-1, 0)
}
