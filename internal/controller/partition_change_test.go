package controller

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/gregorhq/gregor/internal/metadata"
	"github.com/gregorhq/gregor/internal/protocol/wire"
)

// partitionModel is one partition whose brokers come and go at random. It knows which replicas have
// every committed record, whatever the controller believes.
type partitionModel struct {
	rng *rand.Rand
	p   *metadata.Partition
	// live are the brokers that may lead. lost are the brokers that lost their disk since they were
	// last in sync.
	live, lost map[int32]bool
	minISR     int
	elr        bool
	// unclean is unclean.leader.election.enable.
	unclean bool
	// complete are the replicas that hold every record committed so far. A record is committed when
	// the whole ISR has it and the ISR is not below min.insync.replicas.
	complete map[int32]bool
}

func newPartitionModel(seed uint64) *partitionModel {
	rng := rand.New(rand.NewPCG(seed, 7))
	n := 1 + rng.IntN(4)
	m := &partitionModel{rng: rng, live: map[int32]bool{}, lost: map[int32]bool{}, complete: map[int32]bool{}, minISR: 1 + rng.IntN(n), elr: rng.IntN(4) > 0,
		unclean: rng.IntN(3) == 0}
	m.p = &metadata.Partition{Leader: 1}
	for id := int32(1); id <= int32(n); id++ {
		m.p.Replicas, m.p.ISR = append(m.p.Replicas, id), append(m.p.ISR, id)
		m.p.Directories = append(m.p.Directories, wire.UUID{byte(id), 15: 200})
		m.live[id], m.complete[id] = true, true
	}
	return m
}

// produce commits a record if it can: afterwards only the ISR has everything.
func (m *partitionModel) produce() {
	if m.p.Leader == metadata.NoLeader || len(m.p.ISR) < m.minISR {
		return
	}
	for _, id := range m.p.Replicas {
		m.complete[id] = slices.Contains(m.p.ISR, id)
	}
}

func (m *partitionModel) change() *partitionChange {
	ch := newPartitionChange(wire.UUID{1}, 0, m.p)
	ch.minISR, ch.elr = m.minISR, m.elr
	ch.acceptable = func(id int32) bool { return m.live[id] }
	if m.unclean {
		ch.election = electUnclean
	}
	return ch
}

func (m *partitionModel) broker() int32 { return m.p.Replicas[m.rng.IntN(len(m.p.Replicas))] }

// step makes one random event and returns the change that it causes.
func (m *partitionModel) step() (what string, ch *partitionChange) {
	id := m.broker()
	switch m.rng.IntN(6) {
	case 0: // the broker is fenced
		m.live[id] = false
		ch = m.change()
		ch.isr = without(m.p.ISR, id)
		return fmt.Sprint("fence ", id), ch
	case 1: // the broker is unfenced
		m.live[id] = true
		return fmt.Sprint("unfence ", id), m.change()
	case 2: // the broker lost its records and registers again
		m.live[id], m.complete[id] = false, false
		ch = m.change()
		ch.isr, ch.uncleanShutdown = without(m.p.ISR, id), []int32{id}
		return fmt.Sprint("unclean restart of ", id), ch
	case 3: // the leader removes a lagging follower
		ch = m.change()
		if id != m.p.Leader {
			ch.isr = without(m.p.ISR, id)
		}
		return fmt.Sprint("shrink ", id), ch
	case 4: // a follower has caught up with the leader
		ch = m.change()
		if m.p.Leader != metadata.NoLeader && m.live[id] && !slices.Contains(m.p.ISR, id) {
			m.complete[id] = m.complete[id] || m.complete[m.p.Leader]
			ch.isr, ch.recovery = append(slices.Clone(m.p.ISR), id), metadata.LeaderRecovered
		}
		return fmt.Sprint("expand ", id), ch
	}
	ch = m.change()
	ch.election = electPreferred
	return "preferred election", ch
}

// check holds the partition after a change to its invariants.
func (m *partitionModel) check(before *metadata.Partition, clean bool) error {
	p := m.p
	for _, id := range slices.Concat(p.ISR, p.ELR, p.LastKnownELR) {
		if !p.HasReplica(id) {
			return fmt.Errorf("broker %d is no replica", id)
		}
	}
	switch {
	case slices.ContainsFunc(p.ELR, func(id int32) bool { return slices.Contains(p.ISR, id) }):
		return fmt.Errorf("a broker is in the ISR and in the ELR")
	case len(p.ELR) > 0 && len(p.ISR) >= min(m.minISR, len(p.Replicas)):
		return fmt.Errorf("an ELR beside an ISR of min.insync.replicas")
	case leadsOutsideISR(p):
		return fmt.Errorf("the leader is not in the ISR")
	case p.Leader != metadata.NoLeader && !m.live[p.Leader]:
		return fmt.Errorf("broker %d leads and is not live", p.Leader)
	case p.Leader != before.Leader && p.LeaderEpoch <= before.LeaderEpoch:
		return fmt.Errorf("a new leader in the old epoch")
	case p.PartitionEpoch != before.PartitionEpoch+1:
		return fmt.Errorf("partition epoch %d after %d", p.PartitionEpoch, before.PartitionEpoch)
	case p.Leader == metadata.NoLeader && slices.ContainsFunc(slices.Concat(p.ISR, p.ELR), func(id int32) bool { return m.live[id] && m.elr }):
		return fmt.Errorf("a broker could lead and does not")
	case clean && m.elr && p.Leader != metadata.NoLeader && p.Leader != before.Leader && !m.complete[p.Leader]:
		return fmt.Errorf("the clean election of %d loses committed records", p.Leader)
	}
	return nil
}

// runPartitionModel returns the first broken invariant of a seed. mutate may change a wish before
// it is built, to plant a bug.
func runPartitionModel(seed uint64, mutate func(*partitionChange)) error {
	m := newPartitionModel(seed)
	for step := range 200 {
		m.produce()
		what, ch := m.step()
		if mutate != nil {
			mutate(ch)
		}
		record := ch.build()
		if record == nil {
			continue
		}
		before := m.p
		m.p = before.Merge(record)
		unclean := record.LeaderRecoveryState == metadata.LeaderRecovering ||
			before.LeaderRecovery == metadata.LeaderRecovering && m.p.LeaderRecovery == metadata.LeaderRecovering
		if unclean && m.p.Leader != before.Leader && m.p.Leader != metadata.NoLeader {
			m.complete = map[int32]bool{m.p.Leader: true} // its records count as committed from here on
		}
		if err := m.check(before, !unclean); err != nil {
			return fmt.Errorf("seed %d, step %d, %s: %w\nbefore %+v\nafter  %+v", seed, step, what, err, *before, *m.p)
		}
	}
	return nil
}

// Random brokers come, go and lose their records. With eligible leader replicas no clean election
// loses a committed record (without them, the last member of an ISR can come back empty and lead).
// Every partition keeps its invariants.
func TestPartitionChangesKeepCommittedRecords(t *testing.T) {
	for seed := range uint64(2000) {
		if err := runPartitionModel(seed, nil); err != nil {
			t.Fatal(err)
		}
	}
}

// The model finds planted bugs.
func TestPartitionModelFindsBugs(t *testing.T) {
	for name, bug := range map[string]func(*partitionChange){
		"an unclean restart keeps its place in the ELR": func(ch *partitionChange) { ch.uncleanShutdown = nil },
		"a minimum that is too high":                    func(ch *partitionChange) { ch.minISR++ },
		"a fenced broker may lead":                      func(ch *partitionChange) { ch.acceptable = func(int32) bool { return true } },
		"the broker of an unclean restart may lead": func(ch *partitionChange) {
			others := ch.acceptable
			ch.acceptable = func(id int32) bool { return others(id) || slices.Contains(ch.uncleanShutdown, id) }
		},
		"a shrink forgets the leader": func(ch *partitionChange) { ch.isr = without(ch.isr, ch.old.Leader) },
	} {
		found := false
		for seed := uint64(0); seed < 200 && !found; seed++ {
			found = runPartitionModel(seed, bug) != nil
		}
		if !found {
			t.Errorf("not found: %s", name)
		}
	}
}
