package sim

import (
	"fmt"
	"slices"
	"time"

	"github.com/gregorhq/gregor/internal/sim/trace"
)

// session is one world with its machine, its clients and the model of the promises.
type session struct {
	w *World
	m *machine
	// topics are all topics ever created, in the order of the first use of their names.
	topics []*topic
	groups []*group
	// ids are the allocated producer ids.
	ids map[int64]bool
	// cuts counts power cuts.
	cuts int
	// faultAt is the time at which the last fault ended.
	faultAt time.Duration
	// faultPause is the longest pause between two faults. Every second session has many faults.
	faultPause time.Duration
	// patience bounds the time for which a node that serves undisturbed may refuse an operation.
	patience time.Duration
	stats    Stats
	// lastWall is the latest wall clock time of the node. Retention depends on it.
	lastWall time.Time
	// calm means that no more faults occur.
	calm bool
	// diskFaults is true when the disk of the second log directory fails at times.
	diskFaults bool
	// audited means that the audit after the last fault has ended.
	audited bool
}

// Options describe a session.
type Options struct {
	Seed uint64
	// Length is the simulated time with faults. A calm part and a last audit follow.
	Length time.Duration
	// DiskFaults gives the node two log directories. The disk of the second one fails at times.
	DiskFaults bool
	// Trace may be nil.
	Trace *trace.Trace
}

// Stats counts what a session did.
type Stats struct {
	Acked, Read, Commits, Rebalances, TopicChanges, Answers              int
	PowerCuts, Kills, Restarts, Pauses, Jumps, Scarce, DeadDisks, Audits int
	Events                                                               int
}

// Result is the outcome of a session.
type Result struct {
	Stats
	// Sum is the hash of the trace.
	Sum string
	// Simulated is the simulated time that passed.
	Simulated time.Duration
	// Violation is the first broken promise. It is nil when the node kept all promises.
	Violation error
	// machine is the machine of the session.
	machine *machine
}

// Run simulates one session.
func Run(o Options) Result {
	if o.Trace == nil {
		o.Trace = trace.New(nil)
	}
	w := newWorld(o.Seed, o.Trace)
	props := map[string]string{}
	if o.DiskFaults {
		props["log.dirs"] = "/data," + secondDir
	}
	s := &session{w: w, m: newMachine(w, props), diskFaults: o.DiskFaults, patience: 15 * time.Second, ids: map[int64]bool{}}
	s.m.powerLost, s.m.killed = s.powerLost, s.killed
	s.faultPause = pick(w, 15*time.Second, 3*time.Minute)
	s.m.start()
	s.populate()
	s.watchClock()
	s.w.after(w.between(5*time.Second, 30*time.Second), "fault", s.fault)
	w.run(o.Length)
	s.calmDown()
	w.run(o.Length + 40*time.Second)
	s.finalAudit()
	w.run(o.Length + 100*time.Second)
	if w.violation == nil && !s.audited {
		w.fail("liveness: the last audit did not end")
	}
	s.stats.PowerCuts, s.stats.Events = s.cuts, o.Trace.Lines()
	return Result{Stats: s.stats, Sum: o.Trace.Sum(), Simulated: w.now, Violation: w.violation, machine: s.m}
}

// queueMax bounds the pending events: about 40 clients have one each, and the node has its timers.
const queueMax = 400

// watchClock updates lastWall, and bounds the pending events.
func (s *session) watchClock() {
	s.lastWall = later(s.lastWall, s.w.wall())
	if n := s.w.queue.Len(); n > queueMax {
		s.w.fail("resources: %d events are pending", n)
	}
	s.w.after(time.Second, "clock", s.watchClock)
}

// quietSince returns the time since which the node serves p undisturbed, or everything when p is
// nil. The failure of the second disk disturbs the partitions of its directory only.
func (s *session) quietSince(p *part) time.Duration {
	if s.m.failing() && (p == nil || !s.m.disk.inFirstDir(p)) {
		return s.w.now
	}
	return max(s.m.upSince, s.faultAt)
}

// killed runs after a kill, which loses no write. But a log start offset that clients have seen may
// not have been written for want of file descriptors, and then DeleteRecords was not acknowledged.
func (s *session) killed() {
	if s.w.now > s.m.disk.scarceUntil+checkpointsWithin {
		return
	}
	for _, t := range s.topics {
		for _, p := range t.parts {
			p.start = p.startAcked
		}
	}
}

// checkpointsWithin is how long after a lack of descriptors the log start offsets are written at
// the latest: log.flush.start.offset.checkpoint.interval.ms and some time.
const checkpointsWithin = 2 * time.Minute

func (s *session) powerLost() {
	s.cuts++
	for _, t := range s.topics {
		for _, p := range t.parts {
			p.powerLost()
		}
	}
}

// populate creates the clients.
func (s *session) populate() {
	for i, kind := range []topicKind{plain, plain, short, compacted} {
		t := &topic{name: fmt.Sprintf("%s%d", [...]string{"plain", "short", "compacted"}[kind], i), kind: kind, unsure: true, configs: map[string]string{}}
		s.topics = append(s.topics, t)
		n := 1 + s.w.rng.IntN(3)
		s.newAdmin(fmt.Sprintf("creator%d", i)).create(t, n, func() { s.populateTopic(t) })
	}
	s.newAdmin("admin").loop()
	s.newExplorer("explorer").loop()
	s.newAuditor("auditor").loop()
	s.newSimple("simple").loop()
	for i := range 2 {
		g := &group{name: fmt.Sprintf("group%d", i)}
		s.groups = append(s.groups, g)
	}
}

// populateTopic creates the producers and consumers of an existing topic.
func (s *session) populateTopic(t *topic) {
	for _, p := range t.parts {
		if t.kind == compacted {
			s.newKeyed(p).loop()
			continue
		}
		s.newProducer(p, true, -1).loop()
		s.newProducer(p, false, pick[int16](s.w, -1, 1, 0)).loop()
		s.newConsumer(p).loop()
	}
	if t == s.topics[0] {
		for _, g := range s.groups {
			g.commits = make([]commits, len(t.parts))
			for i := range 3 {
				s.newMember(g, t, i).loop()
			}
		}
	}
}

// alive lists the topics that certainly exist.
func (s *session) alive() []*topic {
	return slices.DeleteFunc(slices.Clone(s.topics), func(t *topic) bool { return !t.exists || t.unsure })
}
