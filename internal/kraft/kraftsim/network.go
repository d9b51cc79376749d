package kraftsim

import (
	"math"
	"slices"
	"time"

	"github.com/gregorhq/gregor/internal/kraft"
)

// network is the state of all connections. The chances are of 1,024.
type network struct {
	// cut has the bit j at i when messages from i do not reach j.
	cut                      [16]uint16
	loss, repeat, hold, torn uint64
	// slow is the longest additional latency.
	slow time.Duration
	// heldUntil is the time until which messages arrive that were held for long.
	heldUntil time.Duration
}

// whole ends all faults of the network. Messages that are held arrive later.
func (w *World) whole() { w.net = network{heldUntil: w.net.heldUntil} }

func (n *network) blocked(from, to int8) bool { return n.cut[from]&(1<<to) != 0 }

// fate draws the fate of a message: its latency, and whether it is lost.
func (w *World) fate(from, to int8) (d time.Duration, lost bool) {
	r := w.rng.Uint64()
	d = 50*time.Microsecond + time.Duration(r&0xffff)*45 // up to 3 ms
	r >>= 16
	n := &w.net
	if n.blocked(from, to) || r&1023 < n.loss {
		return d, true
	}
	if n.slow > 0 {
		d += time.Duration(w.rng.Int64N(int64(n.slow)))
	}
	if r>>10&1023 < n.hold {
		d += time.Duration(w.rng.Int64N(int64(time.Minute)))
		n.heldUntil = max(n.heldUntil, w.now+d)
	}
	return d, false
}

// send sends a call of a node.
func (m *machine) send(c *kraft.Call) {
	w := m.w
	if c.ID <= m.lastCall {
		w.fail("calls: %v uses the number %d again", m, c.ID)
	}
	m.lastCall = c.ID
	to, moved, ok := w.target(c)
	if !ok {
		w.fail("calls: %v calls %d without an endpoint", m, c.To)
		return
	}
	w.checkCall(m, c)
	m.calls = append(m.calls, call{id: c.ID, to: to, deadline: w.now + w.settings.request})
	if !m.overdueArmed {
		m.overdueArmed = true
		w.push(event{at: w.now + w.settings.request, kind: evOverdue, node: m.index, life: m.life})
	}
	e := event{kind: evRequest, node: to, from: m.index, life: m.life, id: c.ID, body: c.Body}
	if m.plain {
		e.body = plain(c.Body)
	}
	d, lost := w.fate(m.index, to)
	if moved {
		if !lost && !w.machines[to].silent {
			w.breaks(w.machines[to], m.index, m.life, c.ID) // nothing listens there
		}
		return
	}
	if lost {
		if w.net.torn > 0 && !w.net.blocked(to, m.index) && w.rng.Uint64()&1023 < w.net.torn {
			w.breaks(w.machines[to], m.index, m.life, c.ID)
		}
		return
	}
	e.at = w.now + d
	w.push(e)
	if w.net.repeat > 0 && w.rng.Uint64()&1023 < w.net.repeat {
		if d, lost := w.fate(m.index, to); !lost {
			e.at = w.now + d
			w.push(e)
		}
	}
}

// plain returns a request as a node of an older version sends it: without directory ids, and
// without the high watermark in a fetch.
func plain(body kraft.RequestBody) kraft.RequestBody {
	switch b := body.(type) {
	case *kraft.VoteRequest:
		out := *b
		out.Candidate, out.Voter = kraft.Key{ID: b.Candidate.ID}, kraft.NoKey
		return &out
	case *kraft.BeginQuorumEpochRequest:
		out := *b
		out.Voter = kraft.NoKey
		return &out
	case *kraft.FetchRequest:
		out := *b
		out.Replica, out.HighWatermark = kraft.Key{ID: b.Replica.ID}, math.MaxInt64
		return &out
	case *kraft.FetchSnapshotRequest:
		out := *b
		out.Replica = kraft.Key{ID: b.Replica.ID}
		return &out
	}
	return body
}

// target returns the machine at the endpoint of a call, and whether it still has this address.
func (w *World) target(c *kraft.Call) (to int8, moved, ok bool) {
	if len(c.Endpoints) == 0 {
		return 0, false, false
	}
	port := c.Endpoints[0].Port - firstPort
	i := int(port % 100)
	return int8(i), i < len(w.machines) && w.machines[i].moves != port/100, i < len(w.machines)
}

// refuse answers a request to a machine without a process.
func (w *World) refuse(m *machine, e *event) {
	if !m.silent {
		w.breaks(m, e.from, e.life, e.id)
	}
}

// breaks reports to a caller that its connection to m is refused or broken.
func (w *World) breaks(m *machine, caller int8, life uint32, id uint64) {
	if d, lost := w.fate(m.index, caller); !lost {
		w.push(event{at: w.now + d, kind: evBroken, node: caller, life: life, id: id})
	}
}

// unsupported reports to a caller that m does not know the version of a request.
func (w *World) unsupported(m *machine, e *event) {
	if d, lost := w.fate(m.index, e.from); !lost {
		w.push(event{at: w.now + d, kind: evUnsupported, node: e.from, life: e.life, id: e.id})
	}
}

// answered removes a call. It returns false when the call was answered before.
func (m *machine) answered(id uint64) bool {
	for i := range m.calls {
		if m.calls[i].id == id {
			m.calls = append(m.calls[:i], m.calls[i+1:]...)
			return true
		}
	}
	return false
}

// overdue fails the calls whose peers were silent.
func (m *machine) overdue() {
	w := m.w
	life := m.life
	m.overdueArmed = false
	for len(m.calls) > 0 && m.calls[0].deadline <= w.now {
		id := m.calls[0].id
		m.answered(id)
		m.step(kraft.Answer{ID: id, Failure: kraft.TimedOut})
		if m.life != life || m.node == nil {
			return
		}
	}
	if len(m.calls) > 0 && !m.overdueArmed {
		m.overdueArmed = true
		w.push(event{at: m.calls[0].deadline, kind: evOverdue, node: m.index, life: m.life})
	}
}

// serve gives a request to the node.
func (m *machine) serve(s served) {
	m.requests++
	s.id, s.at = m.requests, m.w.now
	m.serving = append(m.serving, s)
	m.step(kraft.Request{ID: s.id, Body: s.body})
}

// ask sends a request of the operator to a node. done gets nil when the node ends before it
// answers.
func (m *machine) ask(body kraft.RequestBody, done func(kraft.ResponseBody)) {
	if !m.running() {
		done(nil)
		return
	}
	m.serve(served{from: operator, body: body, done: done})
}

// reply sends an answer of the node.
func (m *machine) reply(r *kraft.Reply) {
	w := m.w
	i := slices.IndexFunc(m.serving, func(s served) bool { return s.id == r.ID })
	if i < 0 {
		w.fail("replies: %v answers the request %d, which is answered or unknown", m, r.ID)
		return
	}
	s := m.serving[i]
	m.serving = append(m.serving[:i], m.serving[i+1:]...)
	body := w.checkReply(m, &s, r.Body)
	if s.from == operator {
		s.done(body)
		return
	}
	e := event{kind: evAnswer, node: s.from, life: s.life, id: s.call, body: body}
	d, lost := w.fate(m.index, s.from)
	if lost {
		return
	}
	e.at = w.now + d
	w.push(e)
	if w.net.repeat > 0 && w.rng.Uint64()&1023 < w.net.repeat {
		if d, lost := w.fate(m.index, s.from); !lost {
			e.at = w.now + d
			w.push(e)
		}
	}
}

// fill reads what the engine adds to an answer: the batches of a fetch, or the bytes of a snapshot.
func (m *machine) fill(body kraft.ResponseBody) kraft.ResponseBody {
	switch b := body.(type) {
	case *kraft.FetchResponse:
		if b.Range != nil {
			out := *b
			out.Batches, out.Range = m.disk.read(*b.Range), nil
			return &out
		}
	case *kraft.FetchSnapshotResponse:
		if b.Err == 0 {
			out := *b
			m.readSnapshot(&out)
			return &out
		}
	}
	return body
}

func (m *machine) readSnapshot(r *kraft.FetchSnapshotResponse) {
	s := m.disk.snapshot(r.ID)
	switch {
	case s == nil:
		r.Err = errSnapshotNotFound
	case r.Position < 0 || r.Position >= s.size:
		r.Err = errPositionOutOfRange
	default:
		n := min(int64(r.MaxBytes), s.size-r.Position)
		if m.w.chance(3) {
			n = min(n, 1+m.w.rng.Int64N(200))
		}
		r.Size, r.Bytes = s.size, s.bytes(r.Position, r.Position+n)
	}
}

// stormy counts the errors that a node gets. A node that asks again without pauses gets too many.
func (m *machine) stormy(body kraft.ResponseBody) {
	if !failed(body) {
		return
	}
	if second := m.w.now / time.Second; second != m.errorsAt {
		m.errors, m.errorsAt = 0, second
	}
	if m.errors++; m.errors > 400 {
		m.w.fail("storm: %v gets %d errors in a second, the last one is %s", m, m.errors, describeResponse(body))
	}
}

func failed(body kraft.ResponseBody) bool {
	switch b := body.(type) {
	case *kraft.VoteResponse:
		return b.Err != 0
	case *kraft.BeginQuorumEpochResponse:
		return b.Err != 0
	case *kraft.EndQuorumEpochResponse:
		return b.Err != 0
	case *kraft.FetchResponse:
		return b.Err != 0 || b.Diverging != nil || b.Snapshot != nil
	case *kraft.FetchSnapshotResponse:
		return b.Err != 0
	case *kraft.VotersResponse:
		return b.Err != 0
	}
	return false
}
