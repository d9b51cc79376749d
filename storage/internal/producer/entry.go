package producer

import (
	"math"

	"github.com/gregorhq/gregor/record"
)

// retainedBatches is how many batches of a producer are remembered (Kafka's NUM_BATCHES_TO_RETAIN):
// the number of requests that an idempotent producer may have in flight, so that every retry of
// them is recognised.
const retainedBatches = 5

// entry is the known state of one producer (Kafka's ProducerStateEntry). It is a value without
// pointers, so that staging an append copies it instead of allocating.
type entry struct {
	id          int64
	txnFirst    int64 // first offset of the open transaction, -1 without one
	timestamp   int64 // ms, of the last batch or marker
	coordinator int32 // epoch of the transaction coordinator of the last marker, -1 without one
	epoch       int16
	first, n    uint8 // ring: batches[first] is the oldest of n
	batches     [retainedBatches]batchSpan
}

// batchSpan is one remembered batch; first sequence and offset follow from delta.
type batchSpan struct {
	lastOffset int64
	timestamp  int64
	lastSeq    int32
	delta      int32
}

func spanOf(b record.Batch) batchSpan {
	return batchSpan{lastOffset: b.LastOffset(), timestamp: b.MaxTimestamp(), lastSeq: b.LastSequence(), delta: b.LastOffsetDelta()}
}

// same reports whether both are one batch. A snapshot may hold the timestamp of a later marker.
func (b batchSpan) same(o *batchSpan) bool {
	return b.lastOffset == o.lastOffset && b.lastSeq == o.lastSeq && b.delta == o.delta
}

func (b batchSpan) firstSeq() int32 { return subSequence(b.lastSeq, b.delta) }

func (b batchSpan) metadata() Batch {
	return Batch{
		FirstOffset: b.lastOffset - int64(b.delta), LastOffset: b.lastOffset,
		FirstSequence: b.firstSeq(), LastSequence: b.lastSeq, Timestamp: b.timestamp,
	}
}

// subSequence is the sequence n before seq; sequences wrap from int32 max to 0.
func subSequence(seq, n int32) int32 {
	if seq >= n {
		return seq - n
	}
	return math.MaxInt32 - (n - seq) + 1
}

func emptyEntry(id int64) entry {
	return entry{id: id, txnFirst: -1, timestamp: record.NoTimestamp, coordinator: -1, epoch: NoEpoch}
}

func (e *entry) last() *batchSpan {
	return &e.batches[(int(e.first)+int(e.n)-1)%retainedBatches]
}

func (e *entry) lastSeq() int32 {
	if e.n == 0 {
		return NoSequence
	}
	return e.last().lastSeq
}

func (e *entry) lastOffset() int64 {
	if e.n == 0 {
		return -1
	}
	return e.last().lastOffset
}

// setEpoch forgets the batches of an older epoch.
func (e *entry) setEpoch(epoch int16) {
	if e.epoch != epoch {
		e.epoch, e.first, e.n = epoch, 0, 0
	}
}

func (e *entry) push(s batchSpan) {
	if e.n == retainedBatches {
		e.batches[e.first] = s
		e.first = (e.first + 1) % retainedBatches
		return
	}
	e.batches[(int(e.first)+int(e.n))%retainedBatches] = s
	e.n++
}

// duplicate finds b among the remembered batches by its whole range of sequences.
func (e *entry) duplicate(b record.Batch) (batchSpan, bool) {
	if e.epoch != b.ProducerEpoch() {
		return batchSpan{}, false
	}
	first, last := b.BaseSequence(), b.LastSequence()
	for i := range int(e.n) {
		s := e.batches[(int(e.first)+i)%retainedBatches]
		if s.lastSeq == last && s.firstSeq() == first {
			return s, true
		}
	}
	return batchSpan{}, false
}

// state is the entry as DescribeProducers shows it.
func (e *entry) state() State {
	return State{
		ProducerID: e.id, ProducerEpoch: e.epoch, CoordinatorEpoch: e.coordinator, LastSequence: e.lastSeq(),
		LastOffset: e.lastOffset(), LastTimestamp: e.timestamp, CurrentTxnFirstOffset: e.txnFirst,
	}
}
