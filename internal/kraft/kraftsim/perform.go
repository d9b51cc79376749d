package kraftsim

import (
	"encoding/binary"
	"time"

	"github.com/gregorhq/gregor/internal/kraft"
	"github.com/gregorhq/gregor/internal/protocol"
)

const (
	errSnapshotNotFound   = protocol.ErrSnapshotNotFound
	errPositionOutOfRange = protocol.ErrPositionOutOfRange
)

// perform does what the engine does with the effects of a step. A crash may come before each
// effect.
func (m *machine) perform(eff *kraft.Effects, e kraft.Event) {
	w := m.w
	if w.trace != nil {
		describeEffects(m, eff)
	}
	if eff.Fault != nil {
		w.fail("fault: %v: %v", m, eff.Fault)
		return
	}
	if !m.write(eff, e) {
		return
	}
	if eff.Role || eff.Committed {
		m.refresh()
		if eff.Committed && eff.HighWatermark != m.status.HighWatermark {
			w.fail("effects: %v commits up to %d, the status says %d", m, eff.HighWatermark, m.status.HighWatermark)
		}
	} else if m.steps&63 == 0 || m.stopping {
		w.checkStatus(m)
	}
	if !m.talk(eff) {
		return
	}
	w.checkRefused(m, eff, e)
	if m.status.Stopped {
		w.note("%v has stopped", m)
		m.die(false)
		return
	}
	if eff.Chunk != nil && eff.Chunk.Last {
		m.install(eff.Chunk.ID) // the next event
		return
	}
	m.arm()
}

// write performs the effects on the disk. It returns false when the process has crashed.
func (m *machine) write(eff *kraft.Effects, e kraft.Event) bool {
	w := m.w
	m.before = before{m.disk.state.Epoch, m.status.Role == kraft.Leading}
	if eff.State != nil {
		if m.dies() {
			return false
		}
		w.checkState(m, eff.State, e)
		m.disk.state = *eff.State
	}
	if eff.Truncate != nil {
		if m.dies() {
			return false
		}
		m.truncate(*eff.Truncate)
	}
	for i := range eff.Append {
		if m.dies() {
			return false
		}
		m.append(&eff.Append[i])
	}
	if len(eff.Append) > 0 {
		m.sync()
	}
	if eff.Chunk != nil {
		if m.dies() {
			return false
		}
		m.chunk(eff.Chunk)
	}
	return true
}

// talk sends the calls and replies. It returns false when the process has crashed.
func (m *machine) talk(eff *kraft.Effects) bool {
	for i := range eff.Calls {
		if m.dies() {
			return false
		}
		m.send(&eff.Calls[i])
	}
	for i := range eff.Replies {
		if m.dies() {
			return false
		}
		m.reply(&eff.Replies[i])
		if m.node == nil {
			return false
		}
	}
	return true
}

func (m *machine) truncate(offset int64) {
	m.w.checkTruncate(m, offset)
	if !m.disk.truncate(offset) {
		m.w.fail("effects: %v truncates at %d, which is no boundary of its log", m, offset)
		return
	}
	m.syncBelow = min(m.syncBelow, offset)
	m.w.stats.Truncations++
}

func (m *machine) append(b *kraft.Batch) {
	m.w.checkAppend(m, b)
	out := *b
	if out.Bytes == nil {
		m.w.truth.made++
		out.Bytes = binary.LittleEndian.AppendUint64(nil, m.w.truth.made<<1|1)
	}
	m.disk.add(out)
}

// sync starts a sync of the log, unless one runs. It covers all batches that are there now.
func (m *machine) sync() {
	if m.syncing {
		return
	}
	w := m.w
	m.syncing = true
	m.syncID++
	m.syncBelow = m.disk.end()
	d := 50*time.Microsecond + time.Duration(w.rng.Uint64()&0xffff)*30 // up to 2 ms
	if m.slowUntil > w.now {
		d += w.between(0, min(m.slowUntil-w.now, 5*time.Second))
	}
	w.push(event{at: w.now + d, kind: evFlushed, node: m.index, life: m.life, id: m.syncID})
}

func (m *machine) flushed(id uint64) {
	if id != m.syncID {
		return
	}
	m.syncing = false
	m.disk.durable = max(m.disk.durable, m.syncBelow)
	end := m.disk.durable
	if m.disk.end() > end {
		m.sync()
	}
	m.step(kraft.Flushed{End: end})
}

// chunk writes a piece of a snapshot that is fetched.
func (m *machine) chunk(c *kraft.Chunk) {
	w := m.w
	if m.status.Role == kraft.Leading {
		w.fail("snapshots: the leader %v fetches a snapshot", m)
	}
	if c.Position == 0 {
		m.chunks, m.chunksOf = nil, c.ID
	}
	if c.ID != m.chunksOf || c.Position != int64(len(m.chunks)) {
		w.fail("snapshots: %v writes a piece of %v at %d, after %d bytes of %v", m, c.ID, c.Position, len(m.chunks), m.chunksOf)
		return
	}
	m.chunks = append(m.chunks, c.Bytes...)
}

// install replaces the log by the snapshot that was fetched.
func (m *machine) install(id kraft.Position) {
	w := m.w
	file := m.chunks
	m.chunks = nil
	if w.script.chaos && w.chance(10) {
		m.step(kraft.SnapshotFailed{ID: id})
		return
	}
	s, ok := parse(file)
	if !ok {
		w.fail("snapshots: %v has mixed the pieces of two files in %v", m, id)
		return
	}
	w.checkInstall(m, id, &s)
	s.version, s.voters = w.truth.votersBelow(s.id.Offset)
	m.disk.reset(s)
	m.syncBelow, m.syncing = s.id.Offset, false
	w.stats.Installs++
	m.step(kraft.SnapshotFetched{ID: s.id, Version: s.version, Voters: s.voters})
}
