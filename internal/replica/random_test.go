package replica

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/gregorhq/gregor/internal/protocol"
)

// TestCommittedRecordsSurvive runs three brokers and a controller from a seed: appends, fetches
// whose answers get lost, AlterPartition requests that get lost, arrive late or are answered late,
// images that reach brokers late, elections, reassignments and restarts. After every step each
// committed record must be in the log of every member of the controller's ISR (StrongIsr), so that
// every leader that the controller can elect has it. An append fails only when its leader has
// stopped leading, and a leader that has applied every image knows the reassignment.
func TestCommittedRecordsSurvive(t *testing.T) {
	for seed := range uint64(4000) {
		if fault := runWorld(seed, 600, ""); fault != "" {
			t.Errorf("seed %d: %s", seed, fault)
		}
	}
}

// TestCommittedRecordsCheckerFires shows that the check above finds faults of this kind.
func TestCommittedRecordsCheckerFires(t *testing.T) {
	for _, bug := range []string{"diverged fetch counts", "answers have no id", "every refusal resets the ISR", "no minimum of the epoch start",
		"restart with an old image", "an append ends with its epoch", "an image with the answer's epochs is dropped"} {
		seed := uint64(0)
		for ; seed < 3000 && runWorld(seed, 600, bug) == ""; seed++ {
		}
		if seed == 3000 {
			t.Errorf("%s: not found", bug)
		}
		t.Logf("%s: found by seed %d", bug, seed)
	}
}

type worldRecord struct {
	epoch int32
	id    int
}

type worldBroker struct {
	id    int32
	core  *Replica
	epoch int64 // of its registration
	log   []worldRecord
	image int // how many images it has
}

// worldImage is the partition's state in an image.
type worldImage struct {
	leader                      int32
	leaderEpoch, partitionEpoch int32
	isr                         []int32
	// adding are the replicas that a reassignment adds.
	adding []int32
}

// worldRequest is an AlterPartition request or its answer.
type worldRequest struct {
	from   *worldBroker
	ask    *Alteration
	answer *PartitionAltered
}

type worldAppend struct {
	leader *worldBroker
	epoch  int32
	end    int
	// broken says that the leader has followed another broker since.
	broken bool
}

type world struct {
	rng     *rand.Rand
	bug     string
	nowMs   int64
	brokers []*worldBroker
	images  []worldImage // the last one is the controller's state
	network []worldRequest
	waiting []worldAppend
	// committed is the record at each offset below the highest watermark of any leader.
	committed []worldRecord
	ids       int
}

func runWorld(seed uint64, steps int, bug string) string {
	w := &world{rng: rand.New(rand.NewPCG(seed, 11)), bug: bug, nowMs: 1}
	all := []int32{1, 2, 3}
	w.images = []worldImage{{leader: 1, isr: all}}
	for _, id := range all {
		b := &worldBroker{id: id}
		w.brokers = append(w.brokers, b)
		w.restart(b)
	}
	for i := range steps {
		w.step()
		if fault := w.check(); fault != "" {
			return fmt.Sprintf("step %d: %s", i, fault)
		}
	}
	return ""
}

func (w *world) broker(id int32) *worldBroker { return w.brokers[id-1] }

func (w *world) step() {
	w.nowMs += w.rng.Int64N(20)
	b := w.brokers[w.rng.IntN(len(w.brokers))]
	switch n := w.rng.IntN(100); {
	case n < 20:
		w.append(b)
	case n < 60:
		w.fetch(b)
	case n < 66:
		w.do(b, Tick{})
	case n < 80:
		w.deliver()
	case n < 92:
		w.learn(b)
	case n < 95:
		w.elect()
	case n < 97:
		w.restart(b)
	case n < 98:
		w.reassign(b.id)
	default:
		w.nowMs += 100 // followers lag
	}
}

// do gives an event to a core and sends what it asks of the controller.
func (w *world) do(b *worldBroker, ev Event) {
	if fx := b.core.Step(w.nowMs, ev); fx.Alter != nil {
		w.network = append(w.network, worldRequest{from: b, ask: fx.Alter})
	}
}

func (w *world) append(b *worldBroker) {
	if b.core.CheckAppend(-1) != protocol.ErrNone {
		return
	}
	w.ids++
	b.log = append(b.log, worldRecord{b.core.LeaderEpoch(), w.ids})
	w.do(b, Appended{EndOffset: int64(len(b.log))})
	w.waiting = append(w.waiting, worldAppend{leader: b, epoch: b.core.LeaderEpoch(), end: len(b.log)})
}

// fetch is a follower's fetch, whose answer may get lost.
func (w *world) fetch(b *worldBroker) {
	if b.core.Role() != Follower || b.core.LeaderID() < 0 {
		return
	}
	leader := w.broker(b.core.LeaderID())
	if leader == b || leader.core.CheckLeader(b.core.LeaderEpoch()) != protocol.ErrNone || !leader.core.FollowerKnown(b.id) {
		return
	}
	offset, last := len(b.log), int32(-1)
	if offset > 0 {
		last = b.log[offset-1].epoch
	}
	epoch, end := endOfEpoch(leader, last)
	diverged := offset > 0 && Diverged(last, int64(offset), epoch, int64(end))
	if !diverged || w.bug == "diverged fetch counts" {
		w.do(leader, FollowerFetched{Replica: b.id, BrokerEpoch: b.epoch, FetchOffset: int64(offset), Eligible: true})
	}
	if w.rng.IntN(5) == 0 {
		return // the answer is lost
	}
	if diverged {
		mine, _ := endOfEpoch(b, epoch)
		cut := min(end, offset)
		if mine == epoch {
			_, own := endOfEpoch(b, epoch)
			cut = min(cut, own)
		}
		b.log = b.log[:cut]
		w.do(b, Truncated{int64(cut)})
		return
	}
	if offset > len(leader.log) {
		return
	}
	b.log = append(b.log, leader.log[offset:min(len(leader.log), offset+1+w.rng.IntN(3))]...)
	w.do(b, FollowerAppended{EndOffset: int64(len(b.log)), LeaderHighWatermark: leader.core.HighWatermark()})
}

// endOfEpoch returns the largest epoch of a log that is not above epoch, and where it ends.
func endOfEpoch(b *worldBroker, epoch int32) (int32, int) {
	end := len(b.log)
	for end > 0 && b.log[end-1].epoch > epoch {
		end--
	}
	if end == 0 {
		return epoch, 0 // the epochs before the log's first one end at its start
	}
	return b.log[end-1].epoch, end
}

// deliver lets one message between a leader and the controller arrive, or loses it.
func (w *world) deliver() {
	if len(w.network) == 0 {
		return
	}
	i := w.rng.IntN(len(w.network))
	m := w.network[i]
	w.network = slices.Delete(w.network, i, i+1)
	lost := PartitionAltered{Err: protocol.ErrNetworkException}
	switch {
	case m.answer != nil:
		w.answer(m)
	case w.rng.IntN(4) == 0: // the request is lost
		w.network = append(w.network, worldRequest{from: m.from, ask: m.ask, answer: &lost})
	default:
		answer := w.alter(m.ask, m.from.id)
		if w.rng.IntN(4) == 0 {
			answer = lost
		}
		w.network = append(w.network, worldRequest{from: m.from, ask: m.ask, answer: &answer})
	}
}

func (w *world) answer(m worldRequest) {
	a := *m.answer
	a.ID = m.ask.ID
	if w.bug == "answers have no id" && m.from.core.asked != nil {
		a.ID = m.from.core.asked.ID
	}
	if w.bug == "every refusal resets the ISR" && a.Err == protocol.ErrInvalidUpdateVersion {
		a.Err = protocol.ErrIneligibleReplica
	}
	w.do(m.from, a)
}

// alter is the controller's decision.
func (w *world) alter(a *Alteration, leader int32) PartitionAltered {
	now := w.images[len(w.images)-1]
	switch {
	case now.leader != leader || now.leaderEpoch != a.LeaderEpoch:
		return PartitionAltered{Err: protocol.ErrFencedLeaderEpoch}
	case now.partitionEpoch != a.PartitionEpoch:
		return PartitionAltered{Err: protocol.ErrInvalidUpdateVersion}
	case w.rng.IntN(8) == 0:
		return PartitionAltered{Err: protocol.ErrIneligibleReplica}
	}
	for _, m := range a.NewISR {
		if m.Epoch >= 0 && m.Epoch != w.broker(m.ID).epoch {
			return PartitionAltered{Err: protocol.ErrIneligibleReplica}
		}
	}
	now.isr = nil
	for _, m := range a.NewISR {
		now.isr = append(now.isr, m.ID)
	}
	if !slices.ContainsFunc(now.adding, func(id int32) bool { return !slices.Contains(now.isr, id) }) {
		now.adding = nil // the reassignment is complete
	}
	now.partitionEpoch++
	w.images = append(w.images, now)
	return PartitionAltered{LeaderEpoch: now.leaderEpoch, PartitionEpoch: now.partitionEpoch, ISR: now.isr}
}

// elect makes another member of the ISR the leader, or the same one in a new epoch.
func (w *world) elect() {
	now := w.images[len(w.images)-1]
	now.leader = now.isr[w.rng.IntN(len(now.isr))]
	now.leaderEpoch++
	now.partitionEpoch++
	w.images = append(w.images, now)
}

// reassign makes a broker outside the ISR one that a reassignment adds.
func (w *world) reassign(id int32) {
	now := w.images[len(w.images)-1]
	if slices.Contains(now.isr, id) || len(now.adding) > 0 {
		return
	}
	now.adding = []int32{id}
	now.partitionEpoch++
	w.images = append(w.images, now)
}

// learn gives a broker the next images. It may skip some, as one delta does.
func (w *world) learn(b *worldBroker) {
	if b.image == len(w.images) {
		return
	}
	b.image += 1 + w.rng.IntN(len(w.images)-b.image)
	i := w.images[b.image-1]
	all := []int32{1, 2, 3}
	if i.leader == b.id {
		if w.bug == "an image with the answer's epochs is dropped" && b.core.Role() == Leader && b.core.PartitionEpoch() == i.partitionEpoch {
			return
		}
		w.do(b, BecomeLeader{LeaderEpoch: i.leaderEpoch, PartitionEpoch: i.partitionEpoch, Replicas: all, ISR: i.isr, Adding: i.adding})
		if w.bug == "no minimum of the epoch start" {
			b.core.epochStart = 0
		}
		return
	}
	for j := range w.waiting {
		w.waiting[j].broken = w.waiting[j].broken || w.waiting[j].leader == b
	}
	w.do(b, BecomeFollower{Leader: i.leader, LeaderEpoch: i.leaderEpoch, PartitionEpoch: i.partitionEpoch, Replicas: all, ISR: i.isr})
}

// restart makes a broker begin again with its log and an old checkpoint of its high watermark. The
// controller has taken it out of the ISR, or lets it lead again if it is the only member. The
// broker registers with a new epoch, and acts on no image that is older.
func (w *world) restart(b *worldBroker) {
	hw := int64(0)
	if b.core != nil {
		hw = max(b.core.HighWatermark()-w.rng.Int64N(3), 0)
		w.fence(b.id)
	}
	b.epoch++
	b.core = New(Options{LocalID: b.id, LogEndOffset: int64(len(b.log)), HighWatermark: hw, MinISR: 1 + w.rng.IntN(2), LagMaxMs: 50})
	w.network = slices.DeleteFunc(w.network, func(m worldRequest) bool { return m.from == b })
	w.waiting = slices.DeleteFunc(w.waiting, func(a worldAppend) bool { return a.leader == b })
	b.image = len(w.images) - 1
	if w.bug == "restart with an old image" {
		b.image = w.rng.IntN(len(w.images))
	}
	w.learn(b)
}

// fence takes a broker out of the ISR and away from leadership.
func (w *world) fence(id int32) {
	now := w.images[len(w.images)-1]
	if !slices.Contains(now.isr, id) {
		return
	}
	if len(now.isr) > 1 {
		now.isr = slices.DeleteFunc(slices.Clone(now.isr), func(other int32) bool { return other == id })
	}
	if now.leader == id {
		now.leader = now.isr[w.rng.IntN(len(now.isr))]
		now.leaderEpoch++
	}
	now.partitionEpoch++
	w.images = append(w.images, now)
}

// check records the committed offset and looks for it in the controller's ISR.
func (w *world) check() string {
	for _, b := range w.brokers {
		newest := w.images[len(w.images)-1]
		if newest.leader == b.id && b.image == len(w.images) && b.core.Reassigning() != (len(newest.adding) > 0) {
			return fmt.Sprintf("broker %d has every image, in which %v are added, and Reassigning is %v", b.id, newest.adding, b.core.Reassigning())
		}
		if hw := b.core.HighWatermark(); hw > int64(len(b.log)) {
			return fmt.Sprintf("broker %d has the high watermark %d above its end %d", b.id, hw, len(b.log))
		}
	}
	waiting := w.waiting[:0]
	for _, a := range w.waiting {
		done, err := a.leader.core.Committed(a.epoch, int64(a.end))
		if w.bug == "an append ends with its epoch" && a.epoch != a.leader.core.LeaderEpoch() {
			done, err = true, protocol.ErrNotLeaderOrFollower
		}
		if err != protocol.ErrNone && !a.broken {
			return fmt.Sprintf("broker %d has led since epoch %d, and its append of that epoch failed: %s", a.leader.id, a.epoch, err.Name())
		}
		if !done {
			waiting = append(waiting, a)
		}
		if done && err == protocol.ErrNone && a.end > len(w.committed) {
			w.committed = slices.Clone(a.leader.log[:a.end])
		}
	}
	w.waiting = waiting
	for _, id := range w.images[len(w.images)-1].isr {
		log := w.broker(id).log
		if len(log) < len(w.committed) || !slices.Equal(log[:len(w.committed)], w.committed) {
			return fmt.Sprintf("broker %d is in the ISR without the committed records: its log is %v, committed are %v", id, log, w.committed)
		}
	}
	return ""
}
