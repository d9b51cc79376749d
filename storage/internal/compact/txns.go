package compact

import (
	"cmp"
	"slices"

	"github.com/gregorhq/gregor/record"
	"github.com/gregorhq/gregor/storage/internal/producer"
	"github.com/gregorhq/gregor/storage/internal/segfile"
)

// txns follows transactions through the log while it is cleaned: which batches are aborted, and
// which markers no longer have any record of their transaction before them (Kafka's
// CleanedTransactionMetadata).
type txns struct {
	// waiting are aborted transactions that begin at or after the batch last seen, by first offset.
	waiting   []segfile.AbortedTxn
	committed map[int64]bool        // producers with records of a transaction not seen to end
	aborted   map[int64]*abortedRun // by producer
	// keep, if set, takes the aborted transactions of which something is left: they belong into the
	// new index.
	keep   func(segfile.AbortedTxn) error
	reader record.Reader
}

type abortedRun struct {
	txn segfile.AbortedTxn
	// seen: a batch of the transaction was met, so its marker must stay.
	seen bool
}

func newTxns() *txns {
	return &txns{committed: map[int64]bool{}, aborted: map[int64]*abortedRun{}}
}

// add announces aborted transactions of the part that comes next; ones known already do no harm.
func (t *txns) add(txns []segfile.AbortedTxn) {
	t.waiting = append(t.waiting, txns...)
	slices.SortStableFunc(t.waiting, func(a, b segfile.AbortedTxn) int { return cmp.Compare(a.FirstOffset, b.FirstOffset) })
}

func (t *txns) advance(offset int64) {
	n := 0
	for ; n < len(t.waiting) && t.waiting[n].FirstOffset <= offset; n++ {
		if w := t.waiting[n]; t.aborted[w.ProducerID] == nil {
			t.aborted[w.ProducerID] = &abortedRun{txn: w}
		}
	}
	t.waiting = slices.Delete(t.waiting, 0, n)
}

// onBatch reports whether the state of transactions allows to discard the batch's records: records
// of an aborted transaction, or a marker whose transaction has no record left.
func (t *txns) onBatch(b record.Batch) (discard bool, err error) {
	t.advance(b.LastOffset())
	if b.IsControl() {
		return t.onMarker(b)
	}
	if !b.IsTransactional() {
		return false, nil
	}
	if run := t.aborted[b.ProducerID()]; run != nil {
		run.seen = true
		return true, nil
	}
	t.committed[b.ProducerID()] = true
	return false, nil
}

func (t *txns) onMarker(b record.Batch) (discard bool, err error) {
	if b.Count() == 0 {
		return true, nil // emptied by an earlier run
	}
	mark, err := producer.ReadMarker(&t.reader, b)
	if err != nil || !mark.EndTxn {
		return false, err
	}
	id := b.ProducerID()
	if !mark.Abort {
		open := t.committed[id]
		delete(t.committed, id)
		return !open, nil
	}
	run, open := t.aborted[id], t.committed[id]
	delete(t.aborted, id)
	delete(t.committed, id)
	if run == nil || !run.seen {
		// As long as a batch is left, also an empty one, a recovery needs the marker: the
		// transaction would be open again.
		return !open, nil
	}
	if t.keep != nil {
		err = t.keep(run.txn)
	}
	return false, err
}
