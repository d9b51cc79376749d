package producer

import (
	"fmt"

	"github.com/gregorhq/gregor/record"
)

// ErrorKind is the reason why a batch is refused.
type ErrorKind uint8

const (
	// OutOfOrderSequence is Kafka's OUT_OF_ORDER_SEQUENCE_NUMBER.
	OutOfOrderSequence ErrorKind = iota + 1
	// InvalidEpoch is Kafka's INVALID_PRODUCER_EPOCH.
	InvalidEpoch
	// InvalidTxnState is Kafka's INVALID_TXN_STATE.
	InvalidTxnState
	// CoordinatorFenced is Kafka's TRANSACTION_COORDINATOR_FENCED.
	CoordinatorFenced
	// CorruptControlBatch is a transaction marker that cannot be read (Kafka's CORRUPT_MESSAGE).
	CorruptControlBatch
)

// Error refuses a batch; Text is Kafka's own wording.
type Error struct {
	Kind ErrorKind
	Text string
}

func (e *Error) Error() string { return e.Text }

// stagedProducer is one producer of an append. current is the known state before the append, nil
// for an unknown producer. updated replaces it at Commit.
type stagedProducer struct {
	current *node
	updated entry
}

// mapStagedAbove is the number of producers in one append from which on they are found by a map.
// Leaders have one, a follower's fetch may carry thousands.
const mapStagedAbove = 16

// Append stages the batches of one append (Kafka's ProducerAppendInfo, of all producers at once).
type Append struct {
	m      *Manager
	origin Origin
	// txnVersion is the transaction.version under which markers are written; from 2 on a marker
	// must raise the epoch.
	txnVersion int8
	staged     []stagedProducer
	index      map[int64]int
	started    []txnSpan
	completed  []CompletedTxn
	reader     record.Reader
}

// Begin starts one append (a leader's, a follower's, or one batch of recovery). The result is
// scratch space of the manager: it is valid until the next Begin, and nothing changes until Commit.
func (m *Manager) Begin(origin Origin) *Append {
	a := &m.scratch
	clear(a.staged) // drops the pointers
	a.origin, a.txnVersion = origin, 0
	a.staged, a.started, a.completed = a.staged[:0], a.started[:0], a.completed[:0]
	clear(a.index)
	return a
}

// SetTransactionVersion says under which transaction.version the markers of this append are written
// (WriteTxnMarkers says so from version 2 on). There is no caller before transactions.
func (a *Append) SetTransactionVersion(v int8) { a.txnVersion = v }

// Completed are the transactions that end in this append, in offset order. Valid until the next
// Begin.
func (a *Append) Completed() []CompletedTxn { return a.completed }

// Check stages one batch whose offsets are assigned already. Batches without a producer id are
// ignored.
//   - duplicate is true when b repeats one of the last five batches of its producer (Client only):
//     answer with dup.FirstOffset and append nothing.
//   - err is a *Error; nothing of the append may be written then.
//
// It does not allocate for a known producer.
func (a *Append) Check(b record.Batch) (dup Batch, duplicate bool, err error) {
	if !b.HasProducerID() {
		return Batch{}, false, nil
	}
	s := a.stage(b.ProducerID())
	if a.origin == Client && s.current != nil {
		if d, ok := s.current.duplicate(b); ok {
			return d.metadata(), true, nil
		}
	}
	if b.IsControl() {
		return Batch{}, false, a.marker(s, b)
	}
	return Batch{}, false, a.data(s, b)
}

// stage finds or makes the staged copy of a producer.
func (a *Append) stage(id int64) *stagedProducer {
	if len(a.staged) > mapStagedAbove {
		if i, ok := a.index[id]; ok {
			return &a.staged[i]
		}
	} else {
		for i := range a.staged {
			if a.staged[i].updated.id == id {
				return &a.staged[i]
			}
		}
	}
	s := stagedProducer{current: a.m.table.get(id)}
	if s.current != nil {
		s.updated = s.current.entry
	} else {
		s.updated = emptyEntry(id)
	}
	a.staged = append(a.staged, s)
	if n := len(a.staged); n > mapStagedAbove {
		a.reindex(n)
	}
	return &a.staged[len(a.staged)-1]
}

func (a *Append) reindex(n int) {
	from := n - 1
	if n == mapStagedAbove+1 {
		from = 0
		if a.index == nil {
			a.index = make(map[int64]int)
		}
	}
	for i := from; i < n; i++ {
		a.index[a.staged[i].updated.id] = i
	}
}

// data stages a batch of records.
func (a *Append) data(s *stagedProducer, b record.Batch) error {
	e, epoch, offset := &s.updated, b.ProducerEpoch(), b.BaseOffset()
	if err := a.checkEpoch(e, epoch, offset, -1); err != nil {
		return err
	}
	if a.origin == Client {
		if err := a.checkSequence(s, epoch, b.BaseSequence(), offset); err != nil {
			return err
		}
	}
	if e.txnFirst >= 0 && !b.IsTransactional() && a.origin != Replication {
		return a.errorf(InvalidTxnState, "Expected transactional write from producer %d at offset %d in partition %s", e.id, offset, a.partition())
	}
	e.setEpoch(epoch)
	e.push(spanOf(b))
	e.timestamp = b.MaxTimestamp()
	if e.txnFirst < 0 && b.IsTransactional() {
		e.txnFirst = offset
		a.started = append(a.started, txnSpan{producerID: e.id, first: offset, last: -1})
	}
	return nil
}

// marker stages a control batch; one without records is a marker that compaction has emptied.
func (a *Append) marker(s *stagedProducer, b record.Batch) error {
	if b.Count() == 0 {
		return nil
	}
	mark, err := ReadMarker(&a.reader, b)
	if err != nil {
		return a.errorf(CorruptControlBatch, "%v", err)
	}
	if !mark.EndTxn {
		return nil
	}
	e, offset := &s.updated, b.BaseOffset()
	if err := a.checkEpoch(e, b.ProducerEpoch(), offset, a.txnVersion); err != nil {
		return err
	}
	if e.coordinator > mark.coordinatorEpoch && a.origin != Replication {
		return a.errorf(CoordinatorFenced, "Invalid coordinator epoch for producerId %d at offset %d in partition %s: %d (zombie), %d (current)",
			e.id, offset, a.partition(), mark.coordinatorEpoch, e.coordinator)
	}
	if e.txnFirst >= 0 { // a marker without data changes neither the last stable offset nor the transaction index
		a.completed = append(a.completed, CompletedTxn{ProducerID: e.id, FirstOffset: e.txnFirst, LastOffset: offset, Aborted: mark.Abort})
	}
	e.setEpoch(b.ProducerEpoch())
	e.coordinator, e.timestamp, e.txnFirst = mark.coordinatorEpoch, mark.timestamp, -1
	return nil
}

// checkEpoch refuses an old epoch. A marker of transaction version 2 must raise it, except when it
// repeats one whose transaction has ended, or the epoch cannot rise any more (KIP-890).
func (a *Append) checkEpoch(e *entry, epoch int16, offset int64, txnVersion int8) error {
	relation := "<"
	switch {
	case txnVersion >= 2 && epoch == e.epoch:
		if e.txnFirst < 0 || epoch == maxEpoch {
			return nil
		}
		relation = "<="
	case epoch >= e.epoch:
		return nil
	case txnVersion >= 2:
		relation = "<="
	}
	if a.origin == Replication {
		return nil
	}
	return a.errorf(InvalidEpoch, "Epoch of producer %d at offset %d in %s is %d, which is %s the last seen epoch %d (TV%d)",
		e.id, offset, a.partition(), epoch, relation, e.epoch, txnVersion)
}

const maxEpoch = 1<<15 - 1

// checkSequence is Kafka's rule: a new epoch starts at 0, the same epoch goes on where it was, and
// a producer of which nothing is known (its records were deleted) may go on anywhere.
func (a *Append) checkSequence(s *stagedProducer, epoch int16, first int32, offset int64) error {
	e := &s.updated
	if epoch != e.epoch {
		if first != 0 && e.epoch != NoEpoch {
			return a.errorf(OutOfOrderSequence, "Invalid sequence number for new epoch of producer %d at offset %d in partition %s: %d (request epoch), %d (seq. number), %d (current producer epoch)",
				e.id, offset, a.partition(), epoch, first, e.epoch)
		}
		return nil
	}
	if s.current == nil || s.current.epoch == NoEpoch || first == record.AddSequence(e.lastSeq(), 1) {
		return nil
	}
	return a.errorf(OutOfOrderSequence, "Out of order sequence number for producer %d at offset %d in partition %s: %d (incoming seq. number), %d (current end sequence number)",
		e.id, offset, a.partition(), first, e.lastSeq())
}

func (a *Append) partition() string {
	return fmt.Sprintf("%s-%d", a.m.opts.Topic, a.m.opts.Partition)
}

func (a *Append) errorf(kind ErrorKind, format string, args ...any) error {
	return &Error{Kind: kind, Text: fmt.Sprintf(format, args...)}
}
