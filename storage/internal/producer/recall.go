package producer

import "github.com/gregorhq/gregor/record"

// recentMs is the age up to which a producer may still repeat a batch: above the default of its
// delivery.timeout.ms (2 minutes).
const recentMs = 15 * 60_000

// Recall collects the batches before a snapshot from the end of the log. A snapshot file holds the
// last batch of each producer only. Without the batches before it, a producer that repeats several
// batches in flight after a restart gets OUT_OF_ORDER_SEQUENCE_NUMBER for batches that are stored,
// as from Apache Kafka.
type Recall struct {
	m *Manager
	// seen are the last batches of the producers of the state, in the order of the log.
	seen map[int64]*entry
}

// Recall begins a recall for the state that was loaded from a snapshot. It returns nil when no
// producer of the state is recent at nowMs.
func (m *Manager) Recall(nowMs int64) *Recall {
	r := &Recall{m: m, seen: map[int64]*entry{}}
	for _, n := range m.table.nodes {
		if n.timestamp+recentMs >= nowMs {
			e := emptyEntry(n.id)
			r.seen[n.id] = &e
		}
	}
	if len(r.seen) == 0 {
		return nil
	}
	return r
}

// Reset forgets the batches that were added.
func (r *Recall) Reset() {
	for id, e := range r.seen { // any order
		*e = emptyEntry(id)
	}
}

// Add takes the next batch of the log. It reads the header of b only.
func (r *Recall) Add(b record.Batch) {
	e := r.seen[b.ProducerID()]
	if e == nil || b.IsControl() {
		return
	}
	if first := b.BaseSequence(); e.n > 0 && (e.epoch != b.ProducerEpoch() || first != record.AddSequence(e.lastSeq(), 1)) {
		e.first, e.n = 0, 0
	}
	e.epoch = b.ProducerEpoch()
	e.push(spanOf(b))
}

// Finish adds the batches to the producers whose last batch is the newest one of them. It reports
// whether every recent producer has as many batches as are remembered, or all since its first
// sequence.
func (r *Recall) Finish() (all bool) {
	all = true
	for _, n := range r.m.table.nodes {
		e := r.seen[n.id]
		if e == nil || n.n == 0 {
			continue
		}
		if e.n == 0 || e.epoch != n.epoch || !e.last().same(n.last()) {
			all = false
			continue
		}
		if e.n < retainedBatches && e.batches[e.first].firstSeq() != 0 {
			all = false
		}
		if e.n > n.n {
			n.first, n.n, n.batches = e.first, e.n, e.batches
		}
	}
	return all
}
