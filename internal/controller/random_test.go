package controller

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gregorhq/gregor/internal/metadata"
	mr "github.com/gregorhq/gregor/internal/protocol/metadatarecord"
)

// TestPartitionsKeepTheirInvariants runs a controller and the processes of three brokers from a
// seed: stops and kills, restarts with and without the old registration, heartbeats, sessions that
// end, new controllers, changes of ISRs, configs and log directories, elections. After every
// decision each leader is in its ISR and unfenced, and epochs only grow. At the end some brokers
// come back and stay: then each partition with unclean.leader.election.enable that has a replica on
// one of them has a leader.
func TestPartitionsKeepTheirInvariants(t *testing.T) {
	for seed := range uint64(400) {
		if err := runClusterModel(t, seed, nil); err != nil {
			t.Fatal(err)
		}
	}
}

// The model finds planted bugs: it changes decisions before they are recorded.
func TestClusterModelFindsBugs(t *testing.T) {
	noLeader := func(r Record) bool {
		c, ok := r.(*mr.PartitionChangeRecord)
		return ok && c.Leader == metadata.NoLeader
	}
	for name, bug := range map[string]func(command string, records []Record) []Record{
		"a broker that registers again stays leader with an empty ISR": func(command string, records []Record) []Record {
			for _, r := range records {
				if command == "register" && noLeader(r) {
					r.(*mr.PartitionChangeRecord).Leader = noLeaderChange
				}
			}
			return records
		},
		"a fenced broker stays leader": func(command string, records []Record) []Record {
			if command != "tick" {
				return records
			}
			return slices.DeleteFunc(records, noLeader)
		},
		"a cancelled move keeps the replicas that it added": func(command string, records []Record) []Record {
			for _, r := range records {
				if c, ok := r.(*mr.PartitionChangeRecord); ok && command == "reassign" && c.AddingReplicas != nil && len(c.AddingReplicas) == 0 {
					c.RemovingReplicas, c.AddingReplicas = nil, nil
				}
			}
			return records
		},
		"partitions without a leader stay so until a broker comes": func(command string, records []Record) []Record {
			return slices.DeleteFunc(records, func(r Record) bool {
				c, ok := r.(*mr.PartitionChangeRecord)
				return command == "tick" && ok && c.LeaderRecoveryState == metadata.LeaderRecovering && len(records) == 1
			})
		},
	} {
		found := false
		for seed := uint64(0); seed < 400 && !found; seed++ {
			err := runClusterModel(t, seed, bug)
			if found = err != nil; found {
				t.Logf("%s: seed %d: %v", name, seed, err)
			}
		}
		if !found {
			t.Errorf("not found: %s", name)
		}
	}
}

// process is a broker process as it sees itself.
type process struct {
	id          int
	incarnation int
	running     bool
	// epoch is that of its registration. clean says that its last stop was clean.
	epoch   int64
	clean   bool
	offline bool // its second log directory
}

type clusterModel struct {
	*script
	rng     *rand.Rand
	seed    uint64
	bug     func(string, []Record) []Record
	brokers []*process
	topics  int
	log     []string
}

func runClusterModel(t *testing.T, seed uint64, bug func(string, []Record) []Record) error {
	m := &clusterModel{script: newScript(t), rng: rand.New(rand.NewPCG(seed, 3)), seed: seed, bug: bug}
	m.rand = m.rng
	m.run(fmt.Sprintf("features eligible.leader.replicas.version=%d", m.rng.IntN(2)))
	if err := m.do("activate"); err != nil {
		return err
	}
	for id := 1; id <= 3; id++ {
		b := &process{id: id}
		m.brokers = append(m.brokers, b)
		if err := m.start(b); err != nil {
			return err
		}
		if err := m.do("heartbeat id=%d", id); err != nil {
			return err
		}
	}
	for range 120 {
		if err := m.step(); err != nil {
			return err
		}
	}
	return m.recover()
}

// do performs a command of the scripts, records its decision and checks the partitions.
func (m *clusterModel) do(format string, a ...any) error {
	line := fmt.Sprintf(format, a...)
	name, given := parseLine(line)
	records, answer := m.command(name, given)
	if m.bug != nil {
		records = m.bug(name, slices.Clone(records))
	}
	before := m.image
	m.replay(records)
	m.log = append(m.log, fmt.Sprintf("%v %s: %s, %d records", m.now, line, strings.TrimSpace(answer), len(records)))
	err := Verify(m.image, records)
	if err == nil {
		err = m.check(before)
	}
	if err != nil {
		return fmt.Errorf("seed %d: %w after\n%s", m.seed, err, strings.Join(m.log[max(0, len(m.log)-12):], "\n"))
	}
	return nil
}

// check holds every partition to the invariants between requests.
func (m *clusterModel) check(before *metadata.Image) error {
	for t := range m.image.Topics().All() {
		for i, p := range t.Partitions {
			old := before.Topics().ByID(t.ID).Partition(int32(i))
			leader := m.image.Broker(p.Leader)
			switch {
			case p.Leader != metadata.NoLeader && (leader == nil || leader.Fenced):
				return fmt.Errorf("%s-%d: the leader %d is fenced", t.Name, i, p.Leader)
			case !containsAll(p.Replicas, slices.Concat(p.ISR, p.ELR)):
				return fmt.Errorf("%s-%d: ISR %v and ELR %v of the replicas %v", t.Name, i, p.ISR, p.ELR, p.Replicas)
			case !containsAll(p.Replicas, slices.Concat(p.AddingReplicas, p.RemovingReplicas)) ||
				slices.ContainsFunc(p.AddingReplicas, func(id int32) bool { return slices.Contains(p.RemovingReplicas, id) }):
				return fmt.Errorf("%s-%d: the replicas %v move: %v are added, %v leave", t.Name, i, p.Replicas, p.AddingReplicas, p.RemovingReplicas)
			case moved(p) && old != nil && old != p && old.LeaderEpoch == p.LeaderEpoch:
				// An election may shrink the ISR to the target. The next change completes the move.
				return fmt.Errorf("%s-%d: the move is not completed, and the ISR is %v", t.Name, i, p.ISR)
			case len(p.ISR) == 0 && !m.image.Features().ELREnabled():
				return fmt.Errorf("%s-%d: the ISR is empty", t.Name, i)
			case old == nil || old == p:
			case p.PartitionEpoch <= old.PartitionEpoch || p.LeaderEpoch < old.LeaderEpoch,
				p.LeaderEpoch == old.LeaderEpoch && p.Leader != old.Leader:
				return fmt.Errorf("%s-%d: leader %d in epoch %d/%d after %d in %d/%d", t.Name, i,
					p.Leader, p.LeaderEpoch, p.PartitionEpoch, old.Leader, old.LeaderEpoch, old.PartitionEpoch)
			}
		}
	}
	return nil
}

// moved reports whether a move is complete and still recorded.
func moved(p *metadata.Partition) bool {
	isr, target := without(p.ISR, p.RemovingReplicas...), without(p.Replicas, p.RemovingReplicas...)
	return len(p.AddingReplicas)+len(p.RemovingReplicas) > 0 && len(isr) > 0 && len(target) > 0 && containsAll(isr, target)
}

// start makes a new process of the broker register.
func (m *clusterModel) start(b *process) error {
	b.incarnation++
	b.running, b.offline = true, false
	previous := ""
	if b.clean {
		previous = " previous=own"
	}
	old := m.image.Broker(int32(b.id))
	err := m.do("register id=%d incarnation=%d dirs=2%s", b.id, b.incarnation, previous)
	now := m.image.Broker(int32(b.id))
	if b.running = now != nil && now != old; b.running { // else the session of the old process goes on
		b.epoch, b.clean = now.Epoch, false
	}
	return err
}

func (m *clusterModel) heartbeat(b *process, wish string) error {
	if b.offline {
		wish += " offline=2"
	}
	return m.do("heartbeat id=%d epoch=%d %s", b.id, b.epoch, wish)
}

// stop asks for a controlled shutdown and stops when the controller grants it.
func (m *clusterModel) stop(b *process) error {
	err := m.heartbeat(b, "shutdown")
	if strings.Contains(m.log[len(m.log)-1], "shouldShutDown=true") {
		b.running, b.clean = false, true
	}
	return err
}

func (m *clusterModel) pass(d time.Duration) error {
	m.now += d
	for range 10 {
		last := m.image
		if err := m.do("tick"); err != nil || m.image == last {
			return err
		}
	}
	return nil
}

// topic returns a topic and one of its partitions, or nil.
func (m *clusterModel) topic() (string, *metadata.Partition) {
	t := m.image.Topics().ByName(fmt.Sprintf("t%d", m.rng.IntN(m.topics+1)))
	if t == nil {
		return "", nil
	}
	return t.Name, t.Partitions[0]
}

func (m *clusterModel) step() error {
	b := m.brokers[m.rng.IntN(len(m.brokers))]
	switch n := m.rng.IntN(100); {
	case n < 30 && b.running:
		return m.heartbeat(b, "")
	case n < 36 && b.running:
		b.running = false // kill -9
	case n < 42 && b.running:
		return m.stop(b)
	case n < 44 && b.running:
		b.offline = true
		return m.heartbeat(b, "")
	case n < 46 && b.running:
		return m.heartbeat(b, "fence")
	case n < 60 && !b.running:
		return m.start(b)
	case n < 70:
		return m.pass(time.Duration(m.rng.IntN(6)) * time.Second)
	case n < 71:
		return m.pass(400 * time.Second)
	case n < 75:
		m.core = New(m.core.cfg)
		return m.do("activate")
	case n < 80 && m.topics < 4:
		m.topics++
		return m.do("create topic=t%d n=1 rf=%d config=unclean.leader.election.enable:%v", m.topics-1, 1+m.rng.IntN(3), m.rng.IntN(2) == 0)
	default:
		return m.change(b, n)
	}
	return nil
}

// change makes a change of one topic.
func (m *clusterModel) change(b *process, n int) error {
	name, p := m.topic()
	switch {
	case p == nil:
		return nil
	case n < 90 && p.Leader != metadata.NoLeader:
		return m.alter(name, p)
	case n < 92:
		return m.do("config type=topic name=%s key=unclean.leader.election.enable value=%v", name, m.rng.IntN(2) == 0)
	case n < 94:
		return m.do("config type=topic name=%s key=min.insync.replicas value=%d", name, 1+m.rng.IntN(3))
	case n < 96:
		return m.do("elect topic=%s", name)
	case n < 97:
		return m.do("elect topic=%s unclean", name)
	case n < 98 && len(p.AddingReplicas)+len(p.RemovingReplicas) > 0:
		return m.do("reassign topic=%s replicas=cancel", name)
	case n < 98:
		to := m.rng.Perm(3)[:1+m.rng.IntN(3)]
		for i := range to {
			to[i]++
		}
		return m.do("reassign topic=%s replicas=%s", name, strings.Trim(strings.ReplaceAll(fmt.Sprint(to), " ", ","), "[]"))
	case b.running:
		return m.do("assign-dirs id=%d epoch=%d dir=%d topic=%s partitions=0", b.id, b.epoch, m.rng.IntN(3), name)
	}
	return nil
}

// alter lets the leader ask for another ISR: without one member, or with one more.
func (m *clusterModel) alter(name string, p *metadata.Partition) error {
	id := p.Replicas[m.rng.IntN(len(p.Replicas))]
	isr := append(slices.Clone(p.ISR), id)
	if slices.Contains(p.ISR, id) {
		isr = without(p.ISR, id)
	}
	return m.do("alter-isr topic=%s recovery=0 isr=%s", name, strings.Trim(strings.ReplaceAll(fmt.Sprint(isr), " ", ","), "[]"))
}

// recover stops the brokers, starts some of them again, and lets time pass until nothing more can
// happen.
func (m *clusterModel) recover() error {
	for i, b := range m.brokers {
		if b.running {
			b.running = false
		}
		if i > 0 && m.rng.IntN(2) == 0 {
			continue
		}
		if err := m.pass(10 * time.Second); err != nil {
			return err
		}
		if err := m.start(b); err != nil {
			return err
		}
		if err := m.heartbeat(b, ""); err != nil {
			return err
		}
	}
	for i := range m.topics {
		if err := m.do("config type=topic name=t%d key=unclean.leader.election.enable value=%v", i, m.rng.IntN(2) == 0); err != nil {
			return err
		}
	}
	for range 45 {
		for _, b := range m.brokers {
			if b.running {
				if err := m.heartbeat(b, ""); err != nil {
					return err
				}
			}
		}
		if err := m.pass(8 * time.Second); err != nil {
			return err
		}
	}
	for t := range m.image.Topics().All() {
		p := t.Partitions[0]
		if p.Leader == metadata.NoLeader && m.core.uncleanElection(m.image, t.Name) &&
			slices.ContainsFunc(p.Replicas, func(id int32) bool { return isActive(m.image, id) && DirectoryOnline(m.image, p, id) }) {
			return fmt.Errorf("seed %d: %s allows unclean elections and has a live replica, but no leader: %+v", m.seed, t.Name, *p)
		}
	}
	return nil
}
