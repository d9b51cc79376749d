package kraftsim

import (
	"math"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/gregorhq/gregor/internal/kraft"
	"github.com/gregorhq/gregor/internal/protocol/wire"
)

// machine is a controller or a broker: a disk, and the process that runs now.
type machine struct {
	w     *World
	index int8
	// key is the replica that the disk holds. lost are those of disks that were wiped.
	key        kraft.Key
	lost       []lostDisk
	controller bool
	// candidate is controller.quorum.candidate.
	candidate bool
	// plain says that the requests have the form of an older version.
	plain bool
	// moves counts the changes of its address.
	moves     uint16
	initial   kraft.Voters // controller.quorum.voters
	bootstrap []kraft.Endpoint
	disk      disk

	// node is the process, nil when none runs. silent says that a machine without a process does
	// not refuse connections: its power is off.
	node   *kraft.Node
	silent bool
	life   uint32
	// offset is the difference between the clock of the process and the world's.
	offset time.Duration
	status kraft.Status
	before before
	steps  uint
	// crashIn is the number of effects until a crash, 0 for none.
	crashIn int
	// stopping says that the process stops cleanly.
	stopping bool
	started  time.Duration
	stopBy   time.Duration // the time at which a clean stop must be over

	pausedUntil time.Duration
	inbox       []event

	calls        []call
	lastCall     uint64
	overdueArmed bool
	serving      []served
	requests     uint64

	tickAt   time.Duration
	tickID   uint64
	ticks    int // at ticksAt
	ticksAt  time.Duration
	errors   int // in the second errorsAt
	errorsAt time.Duration

	syncing   bool
	syncID    uint64
	syncBelow int64
	slowUntil time.Duration

	chunks   []byte
	chunksOf kraft.Position

	pending []proposal
}

// before is the state of a node before a step.
type before struct {
	epoch int32
	leads bool
}

// lostDisk is a disk that was wiped, as it was then.
type lostDisk struct {
	key  kraft.Key
	disk disk
}

const noTick = time.Duration(math.MaxInt64)

func (m *machine) clock() time.Duration { return m.w.now + m.offset }

func (m *machine) voter() kraft.Voter {
	return kraft.Voter{Key: m.key, Endpoints: m.endpoints(), MinVersion: 0, MaxVersion: 1}
}

func (m *machine) endpoints() []kraft.Endpoint {
	if !m.controller {
		return nil
	}
	return []kraft.Endpoint{{Name: "CONTROLLER", Host: "localhost", Port: firstPort + uint16(m.index) + 100*m.moves}}
}

const firstPort = 9000

// directory is the directory id of a machine's disk after a number of wipes.
func directory(index int8, wipes int) wire.UUID {
	return wire.UUID{0: byte(index) + 1, 1: byte(wipes) + 1, 15: 1}
}

// begin starts a process.
func (m *machine) begin() {
	w := m.w
	if m.node != nil {
		return
	}
	m.life++
	m.offset = w.between(0, time.Hour)
	m.status = kraft.Status{HighWatermark: -1}
	m.stopping, m.silent, m.crashIn = false, false, 0
	m.lastCall, m.requests = 0, 0
	m.tickAt, m.overdueArmed = noTick, false
	m.syncing = false
	m.started = w.now
	m.pausedUntil = 0
	m.configure()
	m.disk.open()
	self := m.voter()
	s := w.settings
	o := kraft.Options{
		Self: self, CanVote: m.controller, Candidate: m.candidate, AutoJoin: s.joins, Voters: m.initial, Bootstrap: m.bootstrap,
		ElectionTimeout: s.election, FetchTimeout: s.fetch, RequestTimeout: s.request, ElectionBackoffMax: s.election, RetryBackoff: s.backoff, RetryBackoffMax: s.backoffMax,
		FetchMaxBytes: s.fetchMaxBytes, SnapshotMaxBytes: s.fetchMaxBytes, FetchMaxWait: s.fetchMaxWait,
		Rand: rand.NewPCG(w.rng.Uint64(), uint64(m.index)),
	}
	if w.trace != nil {
		w.note("%v starts: %s", m, describeDisk(&m.disk))
	}
	m.node = kraft.New(m.clock(), o, m.disk.stored(w.chance(2)))
	m.refresh()
	m.arm()
}

// configure brings the addresses in the configuration up to date.
func (m *machine) configure() {
	m.bootstrap = nil
	for _, o := range m.w.machines {
		if o.controller && (m.w.settings.dynamic || m.w.settings.upgrades) {
			m.bootstrap = append(m.bootstrap, o.endpoints()...)
		}
	}
	m.initial = slices.Clone(m.initial)
	for i := range m.initial {
		m.initial[i].Endpoints = m.w.byID(m.initial[i].ID).endpoints()
	}
}

// receive takes an event of the queue.
func (m *machine) receive(e *event) {
	switch {
	case e.kind == evRequest && m.node == nil:
		m.w.refuse(m, e)
	case m.node == nil || e.kind != evRequest && e.life != m.life:
	case e.kind == evResume:
		m.resume()
	case m.pausedUntil > m.w.now:
		if e.kind != evTick && e.kind != evOverdue {
			m.inbox = append(m.inbox, *e)
		}
	default:
		m.handle(e)
	}
}

func (m *machine) handle(e *event) {
	switch e.kind {
	case evRequest:
		if v, ok := e.body.(*kraft.VoteRequest); ok && v.PreVote && m.plain && m.w.settings.old {
			m.w.unsupported(m, e)
			return
		}
		m.serve(served{call: e.id, from: e.from, life: e.life, body: e.body.(kraft.RequestBody)})
	case evAnswer:
		m.answered(e.id)
		body := e.body.(kraft.ResponseBody)
		m.stormy(body)
		m.step(kraft.Answer{ID: e.id, Body: body})
	case evBroken:
		if m.answered(e.id) {
			m.step(kraft.Answer{ID: e.id, Failure: kraft.Unreachable})
		}
	case evUnsupported:
		if m.answered(e.id) {
			m.step(kraft.Answer{ID: e.id, Failure: kraft.Unsupported})
		}
	case evOverdue:
		m.overdue()
	case evFlushed:
		m.flushed(e.id)
	case evTick:
		m.tick(e.id)
	}
}

// step gives an event to the node and performs its effects.
func (m *machine) step(e kraft.Event) {
	m.w.stats.Steps++
	m.steps++
	if m.w.trace != nil {
		m.w.note("%v %s", m, describe(e))
	}
	eff := m.node.Step(m.clock(), e)
	m.perform(&eff, e)
}

// arm sets the timer of the node's deadline.
func (m *machine) arm() {
	d := m.node.Deadline()
	if d == noTick {
		return
	}
	if at := max(d-m.offset, m.w.now); at < m.tickAt {
		m.tickID++
		m.tickAt = at
		m.w.push(event{at: at, kind: evTick, node: m.index, life: m.life, id: m.tickID})
	}
}

func (m *machine) tick(id uint64) {
	if id != m.tickID {
		return
	}
	m.tickAt = noTick
	if m.node.Deadline() > m.clock() {
		m.arm()
		return
	}
	if ms := m.w.now / time.Millisecond; ms != m.ticksAt {
		m.ticks, m.ticksAt = 0, ms
	}
	if m.ticks++; m.ticks > 20 {
		m.w.fail("busy: %v ticks %d times in a millisecond", m, m.ticks)
		return
	}
	life := m.life
	m.step(kraft.Tick{})
	if m.life == life && m.node != nil && !m.status.Stopped && m.node.Deadline() <= m.clock() {
		m.w.fail("busy: the deadline of %v is not in the future after its tick", m)
	}
}

// pause stops the process for d, as SIGSTOP does.
func (m *machine) pause(d time.Duration) {
	m.w.note("%v is paused for %v", m, d)
	m.pausedUntil = m.w.now + d
	m.w.push(event{at: m.pausedUntil, kind: evResume, node: m.index, life: m.life})
}

// resume gives the process the events that have arrived, and then those of its timers.
func (m *machine) resume() {
	if m.pausedUntil > m.w.now || m.pausedUntil == 0 {
		return // a later pause, or one that has ended
	}
	m.w.note("%v resumes", m)
	m.pausedUntil = 0
	life, inbox := m.life, m.inbox
	m.inbox = nil
	for i := range inbox {
		if m.life != life || m.node == nil {
			return
		}
		m.handle(&inbox[i])
	}
	if m.life == life && m.node != nil {
		m.overdue()
	}
	if m.life == life && m.node != nil {
		m.tickAt = noTick
		m.arm()
	}
}

// die ends the process. silent says that its machine answers nothing from now on.
func (m *machine) die(silent bool) {
	if m.node == nil {
		return
	}
	w := m.w
	m.w.note("%v ends, silent %v", m, silent)
	m.node, m.silent = nil, silent
	m.life++
	m.inbox, m.calls, m.pending = nil, nil, nil
	m.chunks = nil
	m.status.Role = kraft.Unattached
	for _, s := range m.serving {
		if s.done != nil {
			w.after(0, func() { s.done(nil) })
		}
	}
	m.serving = nil
	if silent {
		return
	}
	for _, o := range w.machines {
		for _, c := range o.calls {
			if c.to == m.index {
				w.breaks(m, o.index, o.life, c.id)
			}
		}
	}
}

// crash ends the process and loses batches that were not synced. kill loses nothing.
func (m *machine) crash(silent bool) {
	if m.node == nil {
		return
	}
	unsynced := len(m.disk.log) - m.disk.find(m.disk.durable)
	m.disk.keep(m.w.rng.IntN(unsynced + 1))
	m.w.stats.Crashes++
	m.die(silent)
}

func (m *machine) kill() {
	if m.node != nil {
		m.w.stats.Kills++
		m.die(false)
	}
}

// dies counts an effect of a step. It returns true when the process crashes before the effect.
func (m *machine) dies() bool {
	if m.crashIn == 0 {
		return false
	}
	if m.crashIn--; m.crashIn > 0 {
		return false
	}
	if m.w.chance(2) {
		m.crash(m.w.chance(2))
	} else {
		m.kill()
	}
	m.w.after(m.w.between(50*time.Millisecond, 5*time.Second), m.begin)
	return true
}

// running says that the process runs and is not paused.
func (m *machine) running() bool { return m.node != nil && m.pausedUntil <= m.w.now }
