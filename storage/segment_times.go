package storage

import (
	"fmt"

	"github.com/gregorhq/gregor/storage/internal/segfile"
)

// maxTimestamp returns the largest timestamp of the segment, -1 when there is none, and the last
// offset of the batch that has it. It may come from an index file, see provenMaxTimestamp.
func (s *segment) maxTimestamp() (ts, offset int64, err error) {
	s.mu.Lock()
	ts, offset = s.maxTs, s.maxTsOffset
	s.mu.Unlock()
	if ts != tsUnknown {
		return ts, offset, nil
	}
	err = s.withIndex(func(x *segfile.Index) {
		if s.maxTs == tsUnknown { // a rebuild of the index finds it
			s.maxTs, s.maxTsOffset = -1, s.base
			if n := len(x.Times); n > 0 {
				s.maxTs, s.maxTsOffset = x.Times[n-1].Ts, s.base+int64(x.Times[n-1].Rel)
			}
		}
		ts, offset = s.maxTs, s.maxTsOffset
	})
	return ts, offset, err
}

// provenMaxTimestamp returns maxTimestamp after a check against the batches. When the value comes
// from an index file, the batch that the entry names must have the timestamp, and no batch after it
// a larger one. Otherwise the indexes are rebuilt from the batches that have their checksums.
func (s *segment) provenMaxTimestamp() (ts, offset int64, err error) {
	ts, offset, err = s.maxTimestamp()
	if err != nil {
		return ts, offset, err
	}
	s.mu.Lock()
	proven := s.maxTsProven
	s.mu.Unlock()
	if !proven {
		if proven, err = s.confirms(ts, offset); err != nil {
			return ts, offset, err
		}
	}
	if !proven {
		s.log.logger.Warn("time index does not fit the log, it is rebuilt", "dir", s.log.Dir(), "segment", s.base,
			"timestamp", ts, "offset", offset)
		s.io.Lock()
		err := s.verifyIndex()
		s.io.Unlock()
		if err != nil {
			return 0, 0, err
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.maxTsProven = true
	return s.maxTs, s.maxTsOffset, nil
}

// likelyMaxTimestamp returns provenMaxTimestamp, or what the index says when batches of the segment
// are damaged or missing, and -1 when that is not known either. A lookup then goes on to the other
// segments.
func (s *segment) likelyMaxTimestamp() (ts int64, err error) {
	ts, _, err = s.provenMaxTimestamp()
	if Classify(err) == ClassPartition {
		ts, _, err = s.maxTimestamp()
	}
	if Classify(err) == ClassPartition {
		return -1, nil
	}
	return ts, err
}

// confirms reports whether the batch that holds offset has the maximum timestamp ts and its
// checksum, and no later batch a larger timestamp.
func (s *segment) confirms(ts, offset int64) (bool, error) {
	return s.scanFrom(offset, func(sc *segfile.Scanner) (bool, error) {
		for first := true; sc.Next(); first = false {
			if sc.Head.MaxTs > ts || first && sc.Head.MaxTs != ts {
				return false, nil
			}
			if !first {
				continue
			}
			if sound, err := sc.Sound(); err != nil || !sound {
				return false, err
			}
		}
		if sc.Bad {
			return false, nil
		}
		if sc.Err != nil {
			return false, fmt.Errorf("check of the time index of %s: %w", s.path(segfile.LogSuffix), sc.Err)
		}
		return true, nil
	})
}

// scanFrom calls check with a scanner in front of the batch that holds offset. It returns false
// when there is no such batch.
func (s *segment) scanFrom(offset int64, check func(*segfile.Scanner) (bool, error)) (bool, error) {
	p, found, err := s.locate(offset)
	if err != nil || !found || p.base > offset {
		return false, err
	}
	h, err := s.file.Acquire()
	if err != nil {
		return false, err
	}
	defer h.Release()
	sc := segfile.Scan(h.File, p.pos, s.size.Load())
	defer sc.Done()
	return check(sc)
}
