package storage

import (
	"slices"

	"github.com/gregorhq/gregor/storage/internal/compact"
	"github.com/gregorhq/gregor/storage/internal/filepool"
	"github.com/gregorhq/gregor/storage/internal/segfile"
)

// swapWork is a replacement of segments by a cleaned one, from the moment when the cleaned files
// are complete. Each stage can run again after it failed for lack of a file descriptor. The log
// changes its files in no other way before the work is done.
type swapWork struct {
	l     *Log
	s     *segment         // the new segment
	h     *filepool.Handle // its file. The pool does not have it yet, so nothing is opened by name while the names change
	old   []*segment
	next  int64 // offset after the last record of the new segment
	nowMs int64
	stage swapStage
}

type swapStage uint8

const (
	swapWritten   swapStage = iota // the files end in .cleaned
	swapDecided                    // the files end in .swap, durably
	swapExchanged                  // the log reads the new segment
	swapVacant                     // the old files are renamed away, durably
)

func newSwapWork(l *Log, w *compact.Writer, old []*segment, nowMs int64) *swapWork {
	s := newSegment(l, w.Base)
	s.size.Store(w.Size)
	s.created, s.sparse = nowMs, true
	h := s.file.Take(w.File)
	s.listed = true
	s.txn, s.txnChecked = w.Txns, true
	s.hasTxn = w.Txns.Size() > 0
	// The writer has made the indexes from the batches that it wrote, and has written and synced
	// their files.
	x := w.Index.X
	x.Rewrite, x.OffsetsOnFile, x.TimesOnFile = false, len(x.Offsets), len(x.Times)
	s.idx, s.sinceIndex = x, w.Index.Since
	s.maxTs, s.maxTsOffset, s.maxTsProven = w.Index.MaxTs, w.Index.MaxTsOffset, true
	return &swapWork{l: l, s: s, h: h, old: old, next: w.Next, nowMs: nowMs}
}

// finishSwap completes the replacement under way, if there is one. The caller holds reshape.
func (l *Log) finishSwap() error {
	if l.swap == nil {
		return nil
	}
	if err := l.swap.run(); err != nil {
		err = l.failNow("compaction", err)
		if l.swap.stage < swapExchanged && !OutOfDescriptors(err) {
			l.swap.h.Release()
			l.swap = nil
		}
		return err
	}
	l.swap = nil
	return nil
}

// run goes through the stages that are left, see compact.CommitCleaned for their order on disk.
func (w *swapWork) run() error {
	l := w.l
	for _, stage := range []func() error{
		swapWritten:   func() error { return compact.CommitCleaned(l.fs, l.dir, w.s.base) },
		swapDecided:   w.exchange,
		swapExchanged: w.vacate,
		swapVacant:    w.rename,
	}[w.stage:] {
		if err := stage(); err != nil {
			return err
		}
		w.stage++
	}
	return nil
}

// exchange puts the new segment in the place of the old ones, for all readers at once.
func (w *swapWork) exchange() error {
	l := w.l
	w.s.txn.SetPath(w.s.path(segfile.TxnIndexSuffix) + segfile.SwapSuffix)
	l.mu.Lock()
	defer l.mu.Unlock()
	at := slices.Index(l.segments, w.old[0])
	w.s.seal(w.old[len(w.old)-1].next.Load())
	l.segments = slices.Concat(l.segments[:at], []*segment{w.s}, l.segments[at+len(w.old):])
	for _, o := range w.old {
		l.forget(o)
	}
	return nil
}

// vacate renames the files of the old segments.
func (w *swapWork) vacate() error {
	l := w.l
	for _, o := range w.old {
		o.waitIO()
	}
	for _, o := range w.old {
		if o.base == w.s.base || o.base < w.next {
			continue // the .swap file covers it
		}
		if err := segfile.RenameSuffix(l.fs, l.dir, o.base, "", segfile.DeletedSuffix); err != nil {
			return err
		}
		if err := l.fs.SyncDir(l.dir); err != nil {
			return err
		}
	}
	for _, o := range w.old {
		if err := segfile.RenameSuffix(l.fs, l.dir, o.base, "", segfile.DeletedSuffix); err != nil {
			return err
		}
	}
	return l.fs.SyncDir(l.dir)
}

// rename gives the new files their names, and the segment to the pool.
func (w *swapWork) rename() error {
	l, s := w.l, w.s
	s.io.Lock()
	err := segfile.RenameSuffix(l.fs, l.dir, s.base, segfile.SwapSuffix, "")
	s.txn.SetPath(s.path(segfile.TxnIndexSuffix))
	s.io.Unlock()
	if err != nil {
		return err
	}
	if err := l.fs.SyncDir(l.dir); err != nil {
		return err
	}
	for _, o := range w.old {
		l.noteDeleted(o, w.nowMs+l.Config().FileDeleteDelayMs)
		if o.base != s.base {
			if err := l.deleteSnapshot(o.base); err != nil {
				return err
			}
		}
	}
	s.mu.Lock()
	s.listed = false
	s.touch()
	s.mu.Unlock()
	s.file.Adopt(w.h)
	return nil
}
