package kraftsim

import (
	"encoding/binary"
	"time"

	"github.com/gregorhq/gregor/internal/kraft"
)

// load is the controller above each node: it proposes batches while its node leads.
type load struct {
	// gap is the mean time between proposals, until a time.
	gap   time.Duration
	until time.Duration
	// void says that the present proposal must be refused.
	void bool
}

// proposal is a batch that is not committed yet.
type proposal struct {
	end int64
	sum uint64
	at  time.Duration
}

// produce makes every leader propose, and comes again.
func (w *World) produce() {
	l := &w.load
	if w.now >= l.until {
		l.gap = pick(w, 100*time.Millisecond, 500*time.Millisecond, time.Second, 2*time.Second)
		if w.chance(10) {
			l.gap = 10 * time.Millisecond
		}
		l.until = w.now + w.between(time.Second, 20*time.Second)
	}
	w.after(w.between(0, 2*l.gap), w.produce)
	for _, m := range w.machines {
		if !m.running() || m.status.Role != kraft.Leading {
			continue
		}
		w.propose(m, w.chance(20))
		if m.running() && w.chance(100) {
			w.consume(m)
		}
		if w.script.chaos && m.running() && w.chance(200) {
			m.step(kraft.Resign{Epoch: m.status.Leader.Epoch - int32(w.rng.IntN(2))})
		}
	}
}

// propose appends batches, when the leader's epoch is established. A void proposal has a wrong
// epoch or place.
func (w *World) propose(m *machine, void bool) {
	st := &m.status
	if st.Role != kraft.Leading || st.HighWatermark <= st.EpochStart {
		return
	}
	p := kraft.Propose{Epoch: st.Leader.Epoch, Batches: make([]kraft.Batch, 1+w.rng.IntN(3))}
	at := m.disk.end()
	if void {
		if w.chance(2) {
			at += 1 - 2*w.rng.Int64N(2)
		} else {
			p.Epoch += 1 - 2*w.rng.Int32N(2)
		}
	}
	for i := range p.Batches {
		w.truth.made++
		n := 1 + w.rng.Int64N(4)
		p.Batches[i] = kraft.Batch{Base: at, Last: at + n - 1, Epoch: p.Epoch, Bytes: binary.LittleEndian.AppendUint64(nil, w.truth.made<<1)}
		at += n
	}
	w.load.void = void
	before := len(m.disk.log)
	life := m.life
	m.step(p)
	if m.life != life || m.status.Role != kraft.Leading {
		return
	}
	for i := before; i < len(m.disk.log); i++ {
		e := &m.disk.log[i]
		if e.Last < st.HighWatermark {
			w.truth.acked++ // a single voter that is durable at once
			continue
		}
		m.pending = append(m.pending, proposal{end: e.Last + 1, sum: e.sum, at: w.now})
	}
}

// acknowledge takes the proposals that the leader has committed. They must never be lost.
func (m *machine) acknowledge() {
	w := m.w
	n := 0
	for ; n < len(m.pending) && m.pending[n].end <= m.status.HighWatermark; n++ {
		p := &m.pending[n]
		if c, ok := w.truth.at(p.end); !ok || c.sum != p.sum {
			w.fail("lost: %v acknowledges a batch that ends at %d, which is not committed", m, p.end)
		}
		if age := w.now - p.at; w.script.healthy && age > 2*time.Second {
			w.fail("liveness: %v commits a batch after %v in a healthy quorum", m, age)
		}
		w.truth.acked++
	}
	m.pending = append(m.pending[:0], m.pending[n:]...)
}

// consume reads as a consumer.
func (w *World) consume(m *machine) {
	offset := max(m.status.HighWatermark-w.rng.Int64N(5), m.disk.start.Offset, 0)
	at, _, ok := m.disk.at(offset)
	if !ok {
		return
	}
	m.ask(&kraft.FetchRequest{Replica: kraft.NoKey, Epoch: m.status.Leader.Epoch, At: at, HighWatermark: m.status.HighWatermark, MaxWaitMs: 100, MaxBytes: 1 << 20},
		func(kraft.ResponseBody) {})
}

// takeSnapshots makes a snapshot of a random node, and comes again.
func (w *World) takeSnapshots() {
	w.after(w.between(time.Second, 20*time.Second), w.takeSnapshots)
	m := w.machines[w.rng.IntN(len(w.machines))]
	for _, o := range w.machines {
		if o.running() && o.status.HighWatermark > o.disk.durable && w.chance(2) {
			m = o // its own disk is behind the high watermark
		}
	}
	d := &m.disk
	if !m.running() || m.status.HighWatermark <= d.start.Offset {
		return
	}
	first, below := 0, d.find(m.status.HighWatermark)
	if n := len(d.snapshots); n > 0 {
		first = d.find(d.snapshots[n-1].id.Offset)
	}
	if first >= below {
		return
	}
	i := below - 1
	if w.chance(2) {
		i = first + w.rng.IntN(below-first)
	}
	e := d.log[i]
	life := m.life
	w.after(w.between(0, 100*time.Millisecond), func() {
		if m.life == life && m.running() {
			w.writeSnapshot(m, e)
		}
	})
}

// writeSnapshot makes a snapshot of the log up to e durable.
func (w *World) writeSnapshot(m *machine, e entry) {
	d := &m.disk
	id := kraft.Position{Offset: e.Last + 1, Epoch: e.Epoch}
	if n := len(d.snapshots); id.Offset <= d.start.Offset || n > 0 && d.snapshots[n-1].id.Offset >= id.Offset {
		return
	}
	w.truth.made++
	s := snapshot{id: id, sum: e.sum, maker: w.truth.made, size: headerSize + w.rng.Int64N(1000)}
	s.version, s.voters = w.truth.votersBelow(id.Offset)
	if version, voters := m.node.VotersAt(id.Offset); version != s.version || version > 0 && !sameKeys(voters, s.voters) {
		w.fail("snapshots: %v puts %s of version %d in a snapshot at %d, committed are %s of version %d", m, describeVoters(voters), version, id.Offset,
			describeVoters(s.voters), s.version)
	}
	d.snapshots = append(d.snapshots, s)
	w.stats.Snapshots++
	if w.script.chaos && w.chance(20) {
		m.kill() // before the node knows of the snapshot
		w.restart(m, time.Second)
		return
	}
	start := w.chance(2)
	if start {
		d.cut(s)
		m.syncBelow = max(m.syncBelow, id.Offset)
	}
	m.step(kraft.SnapshotWritten{ID: id, Start: start})
}
