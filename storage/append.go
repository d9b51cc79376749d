package storage

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"math"

	"github.com/gregorhq/gregor/record"
	"github.com/gregorhq/gregor/storage/internal/producer"
)

// AppendAsLeader validates one or more whole batches and appends them: Validate and
// AppendValidated in one call.
func (l *Log) AppendAsLeader(records []byte, o AppendOptions) (AppendInfo, error) {
	v, err := l.Validate(records, o)
	if err != nil {
		return AppendInfo{FirstOffset: -1, LastOffset: -1, LogStartOffset: l.logStart.Load()}, err
	}
	return l.AppendValidated(v, o)
}

// AppendValidated appends batches that Validate accepted. They get the next offsets and the leader
// epoch in place (both lie outside the checksum), are checked against the producer state, and are
// written with one write. Nothing is synced; see Sync.
//
// The records are patched even when the append is refused. Errors: *AppendError when the records
// are refused, ErrClosed, and those of other classes, see [Classify]. Nothing is appended with any
// of them.
func (l *Log) AppendValidated(v Validated, o AppendOptions) (AppendInfo, error) {
	unfinished := l.completeTruncation()
	l.appends.Lock()
	defer l.appends.Unlock()
	l.mu.Lock()
	defer l.mu.Unlock()
	info := AppendInfo{FirstOffset: l.end.Load(), LastOffset: l.end.Load() - 1, MaxTimestamp: -1, OffsetOfMaxTimestamp: -1,
		LogAppendTime: -1, LogStartOffset: l.logStart.Load(), NumRecords: v.count, Conversion: v.conversion}
	if err := cmp.Or(unfinished, l.usable()); err != nil || v.batches == 0 {
		return info, err
	}
	if v.config.LogAppendTime {
		info.LogAppendTime = o.NowMs
	}
	next := info.FirstOffset
	for rest := v.records; len(rest) > 0; {
		b, tail, _ := record.Next(rest)
		b.SetBaseOffset(next)
		b.SetPartitionLeaderEpoch(o.LeaderEpoch)
		next = b.NextOffset()
		rest = tail
	}
	return l.append(v.records, info, o)
}

// AnyEpoch as the leader epoch of AppendAsFollower takes batches of every epoch.
const AnyEpoch int32 = math.MaxInt32

// AppendAsFollower appends the records of a leader's fetch response. Offsets and epochs stay as
// they are. leaderEpoch is the leader epoch of the fetch request. The first batch of a higher epoch
// and all batches behind it are left out: the leader may have lost its leadership, and appended
// batches of the next leader before it sent the response (KAFKA-18723). Offsets may have gaps,
// because compaction on the leader makes them. Offsets that go back are refused with
// OffsetsOutOfOrder. A fetch response may end with a part of a batch, which is ignored. NumBytes is
// the number of bytes appended.
func (l *Log) AppendAsFollower(records []byte, leaderEpoch int32, nowMs int64) (AppendInfo, error) {
	whole, err := l.checkFollower(records, leaderEpoch)
	if err == nil {
		err = l.completeTruncation()
	}
	l.appends.Lock()
	defer l.appends.Unlock()
	l.mu.Lock()
	defer l.mu.Unlock()
	end := l.end.Load()
	info := AppendInfo{FirstOffset: -1, LastOffset: end - 1, MaxTimestamp: -1, OffsetOfMaxTimestamp: -1,
		LogAppendTime: -1, LogStartOffset: l.logStart.Load()}
	if err != nil {
		return info, err
	}
	if err := l.usable(); err != nil || len(whole) == 0 {
		return info, err
	}
	for rest := whole; len(rest) > 0; {
		b, tail, _ := record.Next(rest)
		if b.BaseOffset() < end {
			return info, &AppendError{Kind: OffsetsOutOfOrder, Text: fmt.Sprintf(
				"Unexpected offset in append to %s. First offset or last offset of the first batch %d is less than the next offset %d.",
				l.partitionName(), b.BaseOffset(), end)}
		}
		info.NumRecords += int64(b.Count())
		end = b.NextOffset()
		rest = tail
	}
	o := AppendOptions{LeaderEpoch: -1, Origin: OriginReplication, NowMs: nowMs}
	for rest := whole; len(rest) > 0; {
		run := fitting(rest)
		rest = rest[len(run):]
		part := info
		part.FirstOffset = record.Batch(run).BaseOffset()
		if part, err = l.append(run, part, o); err != nil {
			return info, err
		}
		part.NumBytes += info.NumBytes
		part.Rolled = part.Rolled || info.Rolled
		part.LeaderEpochChanged = part.LeaderEpochChanged || info.LeaderEpochChanged
		info = part
	}
	info.FirstOffset = record.Batch(whole).BaseOffset()
	return info, nil
}

// fitting returns the whole batches at the front of records that fit into one segment. Compaction
// on the leader may leave a gap that is too large for a relative offset.
func fitting(records []byte) []byte {
	base, n := record.Batch(records).BaseOffset(), 0
	for rest := records; len(rest) > 0; {
		b, tail, _ := record.Next(rest)
		if b.LastOffset()-base > math.MaxInt32 {
			break
		}
		n += len(b)
		rest = tail
	}
	return records[:n]
}

// checkFollower returns the records that a follower may append.
func (l *Log) checkFollower(records []byte, leaderEpoch int32) ([]byte, error) {
	rest := records
	for len(rest) > 0 {
		b, tail, err := record.Next(rest)
		if err == record.ErrShort {
			break
		}
		if err == nil {
			err = b.Validate()
		}
		if err != nil {
			return nil, l.formatError(err)
		}
		if e := b.PartitionLeaderEpoch(); e > leaderEpoch {
			l.logger.Info("batches of a higher leader epoch are not appended", "dir", l.Dir(), "offset", b.BaseOffset(),
				"batch_epoch", e, "leader_epoch", leaderEpoch)
			break
		}
		rest = tail
	}
	return records[:len(records)-len(rest)], nil
}

// append writes records, whose offsets are final, to the active segment. The caller holds appends
// and mu. A roll releases mu for a time.
func (l *Log) append(records []byte, info AppendInfo, o AppendOptions) (AppendInfo, error) {
	pa, err := l.stage(records, &info, o.Origin)
	if err != nil || info.Duplicate {
		return info, err
	}
	info.Rolled, err = l.maybeRoll(len(records), info.FirstOffset, info.LastOffset, info.MaxTimestamp, o.NowMs)
	if err != nil {
		return info, err
	}
	if info.Rolled {
		// Producers may have expired while mu was free.
		if pa, err = l.stage(records, &info, o.Origin); err != nil || info.Duplicate {
			return info, err
		}
	}
	if err := l.active().prepareIndex(len(records), l.Config().IndexIntervalBytes); err != nil {
		return info, l.fail("read of the index", err)
	}
	if err := l.write(records); err != nil {
		return info, err
	}
	info.NumBytes = len(records)
	info.LeaderEpochChanged = l.assignEpochs(records)
	return info, l.committed(pa, records, info)
}

// stage checks the batches against the producer state and stages their changes to it. It sets the
// fields of info that depend on the batches. After a duplicate, info describes the original. The
// caller holds mu.
func (l *Log) stage(records []byte, info *AppendInfo, origin Origin) (*producer.Append, error) {
	pa := l.producers.Begin(origin)
	for rest := records; len(rest) > 0; {
		b, tail, _ := record.Next(rest)
		dup, duplicate, err := pa.Check(b)
		if err != nil {
			return nil, &AppendError{Kind: ProducerRefused, Text: err.Error(), Err: err}
		}
		if duplicate {
			info.Duplicate = true
			info.FirstOffset, info.LastOffset = dup.FirstOffset, dup.LastOffset
			info.MaxTimestamp = dup.Timestamp
			return nil, nil
		}
		if ts := b.MaxTimestamp(); ts > info.MaxTimestamp {
			info.MaxTimestamp, info.OffsetOfMaxTimestamp = ts, b.LastOffset()
		}
		info.LastOffset = b.LastOffset()
		rest = tail
	}
	return pa, nil
}

// assignEpochs notes leader epochs that begin in records. The next sync writes them to the file
// before it makes the records durable. Recovery finds the epochs of later records in the batches.
func (l *Log) assignEpochs(records []byte) (changed bool) {
	latest, ok := l.epochs.LatestEpoch()
	for rest := records; len(rest) > 0; {
		b, tail, _ := record.Next(rest)
		if e := b.PartitionLeaderEpoch(); e >= 0 && (!ok || e != latest) {
			l.epochs.Assign(e, b.BaseOffset())
			latest, ok = l.epochs.LatestEpoch()
			changed = true
		}
		rest = tail
	}
	return changed
}

// write writes records behind the last batch of the active segment. A failed write breaks the log.
// If a part of the records is in the file, write tries to cut it off. The caller holds mu.
func (l *Log) write(records []byte) error {
	s := l.active()
	h, err := s.file.Acquire()
	if err != nil {
		return l.fail("open of the active segment", err)
	}
	defer h.Release()
	pos := s.size.Load()
	n, err := h.File.WriteAt(records, pos)
	h.Unsynced.Store(true)
	if err != nil {
		if n > 0 {
			err = errors.Join(err, h.File.Truncate(pos))
		}
		return l.fail("append", err)
	}
	s.dirty = true
	return nil
}

// committed updates indexes, log end and producer state after the bytes are in the file. The caller
// holds mu.
func (l *Log) committed(pa *producer.Append, records []byte, info AppendInfo) error {
	s := l.active()
	interval := l.Config().IndexIntervalBytes
	pos := s.size.Load()
	if pos == 0 {
		s.firstTs.Store(record.Batch(records).MaxTimestamp())
	}
	for rest := records; len(rest) > 0; {
		b, tail, _ := record.Next(rest)
		s.noteBatch(b.BaseOffset(), b.LastOffset(), pos, int64(len(b)), b.MaxTimestamp(), interval)
		pos += int64(len(b))
		rest = tail
	}
	s.size.Store(pos)
	l.end.Store(info.LastOffset + 1)
	if err := l.commitProducers(s, pa, info.LastOffset+1); err != nil {
		return l.fail("write of the transaction index", err)
	}
	return nil
}

// commitProducers applies an append to the producer state, and the transactions that it ended to
// the transaction index of s. The caller holds mu.
func (l *Log) commitProducers(s *segment, pa *producer.Append, next int64) error {
	l.producers.Commit(pa, next)
	for _, t := range pa.Completed() {
		if t.Aborted {
			if err := s.appendTxn(abortedTxn(l.producers, t)); err != nil {
				return err
			}
			l.namesDirty = true
		}
		l.producers.CompleteTxn(t)
	}
	l.noteUnstable()
	return nil
}

// AssignEpoch notes that a leader epoch begins at startOffset. A new leader calls it with its log
// end offset before its first append. The first sync of records of the epoch writes the file.
// Nothing depends on the file before, and a node that becomes leader of ten thousand partitions
// does not write ten thousand files.
func (l *Log) AssignEpoch(epoch int32, startOffset int64) error {
	if err := l.completeTruncation(); err != nil {
		return err
	}
	l.appends.Lock()
	defer l.appends.Unlock()
	l.mu.Lock()
	defer l.mu.Unlock()
	if err := l.usable(); err != nil {
		return err
	}
	l.epochs.Assign(epoch, startOffset)
	return nil
}

// fits reports whether a .log file of pos bytes can take n more. It stays below 2 GiB, because the
// positions in an index are int32.
func fits(pos int64, n int) bool { return pos+int64(n) <= math.MaxInt32 }

func notExist(err error) bool { return errors.Is(err, fs.ErrNotExist) }
