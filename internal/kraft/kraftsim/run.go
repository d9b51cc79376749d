package kraftsim

import (
	"fmt"
	"runtime/debug"
	"time"

	"github.com/gregorhq/gregor/internal/kraft"
	"github.com/gregorhq/gregor/internal/sim/trace"
)

// Options describe a run.
type Options struct {
	Seed   uint64
	Length time.Duration
	// Bound is the longest time that a quorum without faults may need to commit again and to bring
	// all its replicas up to date. 0 means 8 s.
	Bound time.Duration
	// Trace gets a line for each event, nil for none.
	Trace *trace.Trace
}

// Result is the outcome of a run.
type Result struct {
	Seed      uint64
	Simulated time.Duration
	// Violation is the first broken promise.
	Violation error
	// Sum is a hash of the events. The same seed gives the same sum.
	Sum   uint64
	Stats Stats
}

// Stats count what has happened in a run.
type Stats struct {
	Events, Steps, Voters, Controllers, Brokers                                                                                      int
	Commits, Acked, Elections, Leaders, Changes, Truncations, Snapshots, Installs                                                    int
	Crashes, Kills, Stops, Pauses, Wipes, Partitions, SlowDisks, BadNetworks, Cycles, Drills, Moves, Upgrades, Added, Removed, Joins int
	// Failover has the times from the failure of the leader to the first commit of the next one, by
	// the kind of failure. Calm has the times from the end of all faults to the end of recovery.
	Failover map[string][]time.Duration
	Calm     []time.Duration
}

// Run runs one seed.
func Run(o Options) (r Result) {
	if o.Bound == 0 {
		o.Bound = 8 * time.Second
	}
	w := newWorld(o)
	defer func() {
		if p := recover(); p != nil {
			w.fail("panic: %v\n%s", p, debug.Stack())
		}
		w.stats.Events, w.stats.Commits, w.stats.Acked = w.ran, len(w.truth.commits)-1, w.truth.acked
		r = Result{Seed: o.Seed, Simulated: w.now, Violation: w.violation, Sum: w.sum, Stats: w.stats}
	}()
	w.setUp()
	w.run(o.Length)
	return r
}

// setUp draws the quorum and starts it.
func (w *World) setUp() {
	s := &w.settings
	voters := pick(w, 1, 2, 3, 3, 3, 3, 3, 4, 5, 5)
	brokers := pick(w, 0, 0, 1, 1, 2, 3)
	s.dynamic = w.chance(2)
	s.upgrades = !s.dynamic && w.chance(2)
	oneMayNotStand := voters >= 3 && w.chance(6)
	s.changes = (s.dynamic || s.upgrades) && !oneMayNotStand && !w.chance(4)
	s.wipes = s.dynamic && s.changes && w.chance(2)
	s.joins = s.dynamic && s.changes && w.chance(3)
	s.election = w.between(500*time.Millisecond, 1500*time.Millisecond)
	s.fetch = w.between(time.Second, 3*time.Second)
	s.request = w.between(time.Second, 3*time.Second)
	s.backoff, s.backoffMax = 20*time.Millisecond, time.Second
	s.fetchMaxBytes = pick(w, int32(300), 2000, 8<<20, 8<<20)
	s.fetchMaxWait = 500 * time.Millisecond
	spare := 0
	if s.changes {
		spare = w.rng.IntN(3)
	}
	for i := range voters + spare + brokers {
		m := &machine{w: w, index: int8(i), controller: i < voters+spare, candidate: i < voters+spare}
		m.key = kraft.Key{ID: int32(i + 1), Directory: directory(m.index, 0)}
		m.disk.state = kraft.State{Leader: kraft.None, Voted: kraft.NoKey}
		w.machines = append(w.machines, m)
	}
	if oneMayNotStand {
		w.machines[w.rng.IntN(voters)].candidate = false
	}
	if !s.dynamic && !s.upgrades && w.chance(2) {
		for _, m := range w.machines {
			m.plain = w.chance(2)
		}
		s.old = w.chance(2)
	}
	w.stats.Voters, w.stats.Controllers, w.stats.Brokers = voters, voters+spare, brokers
	w.format(voters)
	w.note("%d voters, %d controllers, %d brokers, %+v", voters, voters+spare, brokers, w.settings)
	for _, m := range w.machines {
		w.after(w.between(0, 2*time.Second), m.begin)
	}
	w.after(0, w.produce)
	w.after(0, w.takeSnapshots)
	w.after(0, w.operate)
	w.after(0, w.watchRequests)
	w.calmDown()
}

// format writes what kafka-storage writes, and the configuration.
func (w *World) format(voters int) {
	var set kraft.Voters
	for _, m := range w.machines[:voters] {
		v := m.voter()
		if !w.settings.dynamic {
			v = kraft.Voter{Key: kraft.Key{ID: v.ID}, Endpoints: v.Endpoints}
		}
		set = append(set, v)
	}
	first := voterSet{voters: set}
	if w.settings.dynamic {
		first.version = 1
	}
	w.truth.sets = []voterSet{first}
	for _, m := range w.machines {
		if !w.settings.dynamic {
			m.initial = set
			m.disk.sets = []voterSet{first}
			continue
		}
		m.disk.sets = []voterSet{{}}
		if int(m.index) < voters {
			w.truth.ever[m.key] = true
			w.truth.made++
			m.disk.sets[0] = first
			m.disk.snapshots = []snapshot{{maker: w.truth.made, size: headerSize, version: 1, voters: set}}
		}
	}
}

// watchRequests fails the run when a node forgets a request.
func (w *World) watchRequests() {
	w.after(20*time.Second, w.watchRequests)
	for _, m := range w.machines {
		if m.running() && w.now-m.started > 40*time.Second {
			for i := range m.serving {
				if s := &m.serving[i]; w.now-s.at > 40*time.Second {
					w.fail("replies: %v has not answered %s for %v", m, describeRequest(s.body), w.now-s.at)
				}
			}
		}
	}
}

// String implements fmt.Stringer.
func (m *machine) String() string { return fmt.Sprintf("node %d", m.key.ID) }

// Add adds the counts of o.
func (s *Stats) Add(o *Stats) {
	to, from := s.counts(), o.counts()
	for i := range to {
		*to[i] += *from[i]
	}
}

func (s *Stats) counts() []*int {
	return []*int{&s.Events, &s.Steps, &s.Voters, &s.Controllers, &s.Brokers, &s.Commits, &s.Acked, &s.Elections, &s.Leaders, &s.Changes, &s.Truncations,
		&s.Snapshots, &s.Installs, &s.Crashes, &s.Kills, &s.Stops, &s.Pauses, &s.Wipes, &s.Partitions, &s.SlowDisks, &s.BadNetworks, &s.Cycles, &s.Drills, &s.Moves, &s.Upgrades, &s.Added, &s.Removed, &s.Joins}
}
