package storage

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"math"
	"os"
	"slices"

	"github.com/gregorhq/gregor/record"
	"github.com/gregorhq/gregor/storage/internal/checkpoint"
	"github.com/gregorhq/gregor/storage/internal/producer"
	"github.com/gregorhq/gregor/storage/internal/segfile"
	"github.com/gregorhq/gregor/vfs"
)

// maxPendingTxns is the number of aborted transactions that a segment keeps in memory before it
// writes them to the file.
const maxPendingTxns = 1024

// flushTxns writes the entries that the transaction index lacks on file. A damaged file is left:
// the entries stay in memory, and the file is made again before the next use. The caller holds io.
func (s *segment) flushTxns(x *segfile.TxnIndex) error {
	return s.withoutTxns(x.Flush())
}

// withoutTxns takes the error of a write to the transaction index. When the file is damaged or
// missing, the segment goes on without it until the next use, and an empty file reminds a
// restart of that. The caller holds io.
func (s *segment) withoutTxns(err error) error {
	if Classify(err) != ClassIndex {
		return err
	}
	s.txnChecked = false
	f, err := s.log.fs.OpenFile(s.txnIndex().Path(), os.O_RDWR|os.O_CREATE, vfs.FilePerm)
	if err != nil {
		return err
	}
	return f.Close()
}

// appendTxn adds an aborted transaction. It writes to the file only when many are in memory, and
// when that waits for no reader.
func (s *segment) appendTxn(t segfile.AbortedTxn) error {
	x := s.txnIndex()
	if err := x.Append(t); err != nil {
		return err
	}
	s.mu.Lock()
	s.hasTxn = true
	s.mu.Unlock()
	s.idxDirty.Store(true)
	if x.Pending() < maxPendingTxns || !s.io.TryLock() {
		return nil
	}
	defer s.io.Unlock()
	if err := s.flushTxns(x); Classify(err) != ClassRetry {
		return err
	}
	return nil
}

// abortedTxns appends the aborted transactions of segment i that overlap [from, upTo) to dst.
// complete says that no later segment has more of them.
func (l *Log) abortedTxns(v *view, i int, dst []segfile.AbortedTxn, from, upTo int64) (out []segfile.AbortedTxn, complete bool, err error) {
	s := v.segments[i]
	if !s.hasTxns() {
		return dst, false, nil
	}
	for range 2 {
		if err = l.checkTxns(v, i); err != nil {
			return dst, false, err
		}
		out, complete, err = s.collectTxns(dst, from, upTo)
		if Classify(err) != ClassIndex {
			break
		}
	}
	return out, complete, err
}

// hasTxns reports whether the segment has aborted transactions, as far as that is known.
func (s *segment) hasTxns() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.hasTxn
}

// doubtTxns makes the next use of the transaction index compare it with the log.
func (s *segment) doubtTxns() {
	s.io.Lock()
	s.txnChecked = false
	s.io.Unlock()
}

func (s *segment) collectTxns(dst []segfile.AbortedTxn, from, upTo int64) (out []segfile.AbortedTxn, complete bool, err error) {
	s.io.Lock()
	defer s.io.Unlock()
	if s.gone.Load() {
		return dst, false, ErrClosed
	}
	out, complete, err = s.txnIndex().Collect(dst, from, upTo)
	if Classify(err) == ClassIndex {
		s.txnChecked = false // damaged since it was checked
	}
	return out, complete, err
}

// checkTxns compares the transaction index of segment i with the log, once after the log was
// opened, and makes it again from the log if they differ. An entry has no checksum, and a wrong one
// hides committed records or shows aborted ones. The comparison reads the heads of the segment's
// batches, without a lock. Entries that are written to the file meanwhile make another comparison
// necessary. When many are written all the time, the next use tries again.
func (l *Log) checkTxns(v *view, i int) error {
	s := v.segments[i]
	x := s.txnIndex()
	for range maxComparisons {
		s.io.Lock()
		checked, flushes := s.txnChecked, x.Changes
		s.io.Unlock()
		if checked {
			return nil
		}
		w := txnWalk{l: l, s: s, upTo: v.end, markers: map[int64]int64{}, damaged: map[int64]bool{}}
		if err := w.run(v.segments[:i+1]); err != nil {
			return err
		}
		s.io.Lock()
		if flushes == x.Changes { // else the file has entries that the walk may not have met
			err := w.settle()
			s.io.Unlock()
			return err
		}
		s.io.Unlock()
	}
	return nil
}

// maxComparisons bounds the comparisons of one index with the log in a row.
const maxComparisons = 3

// settle makes the index agree with what the walk has found. The caller holds io.
func (w *txnWalk) settle() error {
	s, x := w.s, w.s.txnIndex()
	if s.txnChecked {
		return nil // by another reader
	}
	data, err := checkpoint.ReadIfThere(s.log.fs, x.Path())
	if err != nil {
		return err
	}
	if s.gone.Load() {
		return ErrClosed
	}
	if pending := x.InMemory(); len(pending) > 0 { // appended since the log was opened
		w.want = slices.DeleteFunc(w.want, func(t segfile.AbortedTxn) bool { return t.LastOffset >= pending[0].LastOffset })
	}
	entries, same := w.compare(data)
	w.damage = w.damage || len(data)%segfile.AbortedTxnSize != 0
	if !same || !x.Fits(len(data)) {
		level := slog.LevelWarn
		if !w.damage && x.Fits(len(data)) {
			level = slog.LevelDebug
		}
		s.log.logger.Log(context.Background(), level, "transaction index is damaged, it is rebuilt from the log", "dir", s.log.Dir(), "segment", s.base)
		if err := x.Replace(entries); err != nil {
			return err
		}
		if err := x.Sync(); err != nil {
			return err
		}
		if err := s.log.fs.SyncDir(s.log.Dir()); err != nil {
			return err
		}
	}
	s.txnChecked = true
	s.mu.Lock()
	s.hasTxn = s.hasTxn || len(entries) > 0
	s.mu.Unlock()
	return nil
}

// txnWalk finds the aborted transactions whose marker is in segment s.
type txnWalk struct {
	l *Log
	s *segment
	// from is the offset at which the walk begins, and upTo the end of the log when it began: an
	// append under way has no entry yet. Transactions that began below unknown may be missing.
	from, upTo, unknown int64
	want                []segfile.AbortedTxn
	// markers are the producers of the abort markers in the segment, by offset.
	markers map[int64]int64
	// damaged are the offsets of control batches in the segment whose checksum is wrong.
	damaged map[int64]bool
	// sparse says that the log was compacted: entries of transactions whose records are gone stay
	// in the index.
	sparse bool
	next   int64
	reader record.Reader
	// damage says that compare has found a difference that compaction does not explain. The
	// producer snapshot at the beginning of the walk may have an open transaction whose records and
	// marker compaction has removed. The log then seems to have an entry that the index rightly
	// lacks, or one that begins earlier. The index gets it: it hides no record.
	damage bool
}

// run walks from the newest producer snapshot at or below the segment to the segment's end.
func (w *txnWalk) run(segments []*segment) error {
	m, err := producer.NewManager(w.l.fs, w.l.Dir(), producer.Options{
		Topic: w.l.topic, Partition: w.l.partition, ExpirationMs: math.MaxInt64, Max: math.MaxInt, Logger: w.l.logger})
	if err != nil {
		return err
	}
	w.from, w.unknown = segments[0].base, segments[0].base
	if at, ok, err := m.LoadFrom(w.from, w.s.base); err != nil {
		return err
	} else if ok {
		w.from, w.unknown = at, 0
	}
	first := floorOf(segments, w.from)
	w.next = max(w.from, segments[first].base)
	for _, s := range segments[first:] {
		err := s.walk(func(h *segfile.Head, b []byte) error {
			w.batch(m, s, h, b)
			return nil
		})
		// The content after damaged bytes is unknown. The entries of the file replace it.
		if errors.Is(err, ErrCorruptLog) {
			w.sparse = true
		} else if err != nil {
			return err
		}
	}
	return nil
}

const transactionalOrControl = 0x30 // bits of a batch's attributes

func (w *txnWalk) batch(m *producer.Manager, s *segment, h *segfile.Head, b []byte) {
	if h.Base >= w.upTo {
		return
	}
	w.sparse = w.sparse || h.Base > w.next || h.Magic == 2 && int64(h.Count) != h.Last-h.Base+1
	w.next = h.Next()
	if h.Magic < 2 || h.ProducerID < 0 || h.Last < w.from || h.Attributes&transactionalOrControl == 0 {
		return
	}
	if h.Attributes&0x20 != 0 && record.Batch(b).Validate() != nil {
		w.sparse = true // a damaged marker proves nothing: the entry of the file stays
		if s == w.s {
			w.damaged[h.Base] = true
		}
		return
	}
	pa := m.Begin(producer.Replication)
	if _, _, err := pa.Check(record.Batch(b)); err != nil {
		return // an unreadable marker ends nothing
	}
	m.Commit(pa, h.Next())
	if h.Attributes&0x20 != 0 && s == w.s {
		if mark, err := producer.ReadMarker(&w.reader, record.Batch(b)); err == nil && mark.EndTxn && mark.Abort {
			w.markers[h.Base] = h.ProducerID
		}
	}
	for _, t := range pa.Completed() {
		if t.Aborted && s == w.s {
			w.want = append(w.want, abortedTxn(m, t))
		}
		m.CompleteTxn(t)
	}
	m.OnHighWatermark(h.Next())
}

// compare reports whether data, the contents of the file, agrees with the log, and returns the
// entries that the file should have.
func (w *txnWalk) compare(data []byte) (entries []segfile.AbortedTxn, same bool) {
	same = len(data)%segfile.AbortedTxnSize == 0
	want := map[int64]segfile.AbortedTxn{}
	for _, t := range w.want {
		want[t.LastOffset] = t
	}
	last := int64(-1)
	for ; len(data) >= segfile.AbortedTxnSize; data = data[segfile.AbortedTxnSize:] {
		have, version, _ := segfile.ParseAbortedTxn(data)
		t, known := want[have.LastOffset]
		switch {
		case version != 0 || have.LastOffset <= last:
			same, w.damage = false, true
		case have.LastOffset >= w.upTo && have.LastOffset < w.l.end.Load(): // appended since
			entries = append(entries, have)
			last = have.LastOffset
		case known && w.agrees(have, t), !known && w.mayHave(have):
			entries = append(entries, have)
			last = have.LastOffset
			delete(want, have.LastOffset)
		default:
			same = false
			w.damage = w.damage || !known || !w.unsure(t)
		}
	}
	if len(want) == 0 {
		return entries, same
	}
	for _, t := range want { // any order: sorted below
		entries = append(entries, t)
		w.damage = w.damage || !w.unsure(t)
	}
	slices.SortFunc(entries, func(a, b segfile.AbortedTxn) int { return cmp.Compare(a.LastOffset, b.LastOffset) })
	return entries, false
}

// unsure reports whether compaction may explain that the index lacks a transaction of the log.
func (w *txnWalk) unsure(t segfile.AbortedTxn) bool {
	return w.sparse && min(t.FirstOffset, t.LastStableOffset) < w.from
}

// agrees compares an entry of the file with that of the log. A transaction may have begun in
// records that are gone.
func (w *txnWalk) agrees(have, want segfile.AbortedTxn) bool {
	lower := func(have, want int64) bool {
		return have == want || have >= 0 && have < want && (w.sparse || have < w.unknown)
	}
	return have.ProducerID == want.ProducerID &&
		lower(have.FirstOffset, want.FirstOffset) && lower(have.LastStableOffset, want.LastStableOffset)
}

// mayHave reports whether the file may have an entry that the log does not give: all records of the
// transaction are gone, but its marker is there.
func (w *txnWalk) mayHave(have segfile.AbortedTxn) bool {
	id, found := w.markers[have.LastOffset]
	return (found && id == have.ProducerID || w.damaged[have.LastOffset]) && have.FirstOffset >= 0 && have.FirstOffset < have.LastOffset &&
		have.LastStableOffset >= 0 && have.LastStableOffset <= have.LastOffset+1 && (w.sparse || have.FirstOffset < w.unknown)
}
