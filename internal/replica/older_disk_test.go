package replica_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/gregorhq/gregor/internal/config"
	"github.com/gregorhq/gregor/internal/controller"
	"github.com/gregorhq/gregor/internal/metadata"
	"github.com/gregorhq/gregor/internal/protocol"
	mr "github.com/gregorhq/gregor/internal/protocol/metadatarecord"
	"github.com/gregorhq/gregor/internal/protocol/wire"
	"github.com/gregorhq/gregor/internal/replica"
)

// TestNoCommittedRecordIsLostToAnOlderDisk runs three brokers with gregor's own controller over a
// network that loses and delays, with brokers that restart with an older disk and controllers that
// fail over. As long as a replica with all committed records remains, none of them is lost. A run
// ends early at an unclean election, where a loss is allowed.
func TestNoCommittedRecordIsLostToAnOlderDisk(t *testing.T) {
	for seed := range uint64(100) {
		if fault := runOlderDisks(seed, ""); fault != "" {
			t.Errorf("seed %d: %s", seed, fault)
		}
	}
	for _, seed := range []uint64{1141} { // found a fault once
		if fault := runOlderDisks(seed, ""); fault != "" {
			t.Errorf("seed %d: %s", seed, fault)
		}
	}
}

// TestOlderDiskCheckerFires shows that the check above finds a request that is made again from the
// present state instead of being repeated.
func TestOlderDiskCheckerFires(t *testing.T) {
	for seed := range uint64(3000) {
		if fault := runOlderDisks(seed, "a repeated request names the present registrations"); fault != "" {
			t.Logf("found by seed %d: %s", seed, fault)
			return
		}
	}
	t.Error("not found")
}

// diskRecord is a record: its leader epoch and a number of its own.
type diskRecord struct {
	epoch int32
	id    int
}

type diskBroker struct {
	id   int32
	up   bool
	core *replica.Replica
	log  []diskRecord
	// epoch is that of the registration, incarnation the number of starts.
	epoch       int64
	incarnation byte
	// images is how many images it has applied.
	images int
	// older says that it stopped and its disk lost records.
	older bool
	// cleanEpoch is the broker epoch that a clean stop left behind, -1 for none.
	cleanEpoch int64
	// request is the AlterPartition request that is under way.
	request *replica.Alteration
}

type diskWorld struct {
	bug     string
	rng     *rand.Rand
	core    *controller.Core
	awake   time.Duration
	images  []*metadata.Image // the last one is the controller's
	topic   wire.UUID
	brokers [3]*diskBroker
	// committed is the record at each offset below the highest watermark of any leader.
	committed []diskRecord
	ids       int
	// unclean: there was an unclean election.
	unclean bool
	fault   string
}

// runOlderDisks returns the fault that a run found, "" for none.
func runOlderDisks(seed uint64, bug string) string {
	w := &diskWorld{bug: bug, rng: rand.New(rand.NewPCG(seed, 7)), topic: wire.UUID{9}, awake: 20 * time.Second, images: []*metadata.Image{metadata.Empty()}}
	w.activate()
	w.replay([]metadata.Record{&mr.FeatureLevelRecord{Name: metadata.FeatureMetadataVersion, FeatureLevel: metadata.LatestMetadataVersion},
		&mr.FeatureLevelRecord{Name: metadata.FeatureELRVersion, FeatureLevel: 1}})
	two := "2"
	partition := &mr.PartitionRecord{TopicID: w.topic, Leader: 1}
	for i := range w.brokers {
		b := &diskBroker{id: int32(i + 1), cleanEpoch: -1}
		w.brokers[i] = b
		partition.Replicas, partition.ISR = append(partition.Replicas, b.id), append(partition.ISR, b.id)
		partition.Directories = append(partition.Directories, directoryOf(b.id))
	}
	for _, b := range w.brokers {
		w.start(b)
	}
	w.heartbeats()
	w.replay([]metadata.Record{&mr.TopicRecord{Name: "t", TopicID: w.topic},
		&mr.ConfigRecord{ResourceType: metadata.ResourceTopic, ResourceName: "t", Name: "min.insync.replicas", Value: &two}, partition})
	for i := 0; i < 3000 && !w.unclean && w.fault == ""; i++ {
		w.step()
		if w.fault != "" {
			w.fault = fmt.Sprintf("step %d: %s", i, w.fault)
		}
	}
	return w.fault
}

func directoryOf(broker int32) wire.UUID { return wire.UUID{0: byte(broker), 15: 200} }

func (w *diskWorld) fail(format string, args ...any) {
	if w.fault == "" && !w.unclean {
		w.fault = fmt.Sprintf(format, args...)
	}
}

func (w *diskWorld) step() {
	w.awake += 100 * time.Millisecond
	b := w.brokers[w.rng.IntN(3)]
	switch n := w.rng.IntN(1200); {
	case n < 4:
		w.activate()
	case n < 240:
		w.learn(b)
	case n < 600:
		w.fetch(b)
	case n < 620:
		w.deliver(b)
	case n < 800:
		w.append(b)
	case n < 860:
		w.do(b, replica.Tick{})
	case n < 863:
		w.stop(b)
	case n < 890:
		w.start(b)
	case n < 950:
		w.replay(w.core.Tick(w.env()))
	case n < 1100:
		w.heartbeats()
	}
}

// activate makes another node the active controller.
func (w *diskWorld) activate() {
	w.core = controller.New(controller.Config{Broker: config.Default(), ClusterID: "c", SessionTimeout: 9 * time.Second})
	w.core.Activate(w.env())
}

func (w *diskWorld) image() *metadata.Image { return w.images[len(w.images)-1] }

func (w *diskWorld) partition(i *metadata.Image) *metadata.Partition {
	return i.Topics().ByID(w.topic).Partition(0)
}

func (w *diskWorld) env() controller.Env {
	return controller.Env{Image: w.image(), Awake: w.awake, NextOffset: w.image().Offset() + 1, Rand: w.rng}
}

func (w *diskWorld) nowMs() int64 { return w.awake.Milliseconds() }

// replay commits records.
func (w *diskWorld) replay(records []metadata.Record) {
	if len(records) == 0 {
		return
	}
	d := metadata.NewDelta(w.image())
	for _, r := range records {
		if err := d.Replay(r); err != nil {
			panic(err)
		}
	}
	image, err := d.Apply(w.image().Offset()+int64(len(records)), 1)
	if err != nil {
		panic(err)
	}
	w.images = append(w.images, image)
	p := w.partition(image)
	if p == nil {
		return
	}
	w.unclean = w.unclean || p.LeaderRecovery != metadata.LeaderRecovered
	for _, id := range p.ISR {
		if b := w.brokers[id-1]; b != nil && !b.older && len(b.log) < len(w.committed) {
			w.fail("broker %d is in the ISR of %+v with %d records, %d are committed", id, *p, len(b.log), len(w.committed))
		}
	}
}

func (w *diskWorld) ask(version int16, req protocol.Message) (resp protocol.Message) {
	cmd := controller.NewCommand(controller.Request{Version: version}, req, func(m protocol.Message) { resp = m })
	w.replay(cmd.Decide(w.core, w.env()))
	cmd.Finish(protocol.ErrNone)
	return resp
}

func (w *diskWorld) heartbeats() {
	for _, b := range w.brokers {
		if b.up {
			hb := protocol.New[protocol.BrokerHeartbeatRequest]()
			hb.BrokerID, hb.BrokerEpoch, hb.CurrentMetadataOffset = b.id, b.epoch, w.image().Offset()
			w.ask(1, hb)
		}
	}
}

// do gives an event to a broker's core. The records below a leader's high
// watermark are committed.
func (w *diskWorld) do(b *diskBroker, ev replica.Event) {
	if !b.up {
		return
	}
	if fx := b.core.Step(w.nowMs(), ev); fx.Alter != nil {
		b.request = fx.Alter
	}
	if b.core.Role() != replica.Leader {
		return
	}
	for i, r := range b.log[:b.core.HighWatermark()] {
		switch {
		case i == len(w.committed):
			w.committed = append(w.committed, r)
		case w.committed[i] != r:
			w.fail("leader %d has %v at offset %d, committed was %v", b.id, r, i, w.committed[i])
		}
	}
}

// learn gives a broker the next image.
func (w *diskWorld) learn(b *diskBroker) {
	if !b.up || b.images >= len(w.images) {
		return
	}
	image := w.images[b.images]
	b.images++
	p := w.partition(image)
	if p == nil {
		return // the topic does not exist yet
	}
	newest := p.LeaderEpoch == w.partition(w.image()).LeaderEpoch
	switch {
	case p.Leader != b.id:
		w.do(b, replica.BecomeFollower{Leader: p.Leader, LeaderEpoch: p.LeaderEpoch, PartitionEpoch: p.PartitionEpoch, Replicas: p.Replicas, ISR: p.ISR})
	default:
		if b.core.Role() != replica.Leader && newest && len(b.log) < len(w.committed) {
			w.fail("broker %d leads %+v with %d records, %d are committed", b.id, *p, len(b.log), len(w.committed))
		}
		w.do(b, replica.BecomeLeader{LeaderEpoch: p.LeaderEpoch, PartitionEpoch: p.PartitionEpoch, Replicas: p.Replicas, ISR: p.ISR,
			Recovering: p.LeaderRecovery != metadata.LeaderRecovered})
	}
	for r := range image.Brokers() {
		w.do(b, replica.BrokerChanged{Broker: r.ID, BrokerEpoch: r.Epoch, Serving: image.IsActive(r.ID)})
	}
}

func (w *diskWorld) append(b *diskBroker) {
	if b.up && b.core.CheckAppend(-1) == protocol.ErrNone {
		w.ids++
		b.log = append(b.log, diskRecord{b.core.LeaderEpoch(), w.ids})
		w.do(b, replica.Appended{EndOffset: int64(len(b.log))})
	}
}

// fetch is a follower's fetch, whose answer may get lost.
func (w *diskWorld) fetch(f *diskBroker) {
	if !f.up || f.core.Role() != replica.Follower || f.core.LeaderID() < 0 {
		return
	}
	leader := w.brokers[f.core.LeaderID()-1]
	if !leader.up || leader.core.CheckLeader(f.core.LeaderEpoch()) != protocol.ErrNone {
		return
	}
	offset := len(f.log)
	if offset > 0 {
		last := f.log[offset-1].epoch
		epoch, end := endOf(leader.log, last)
		if replica.Diverged(last, int64(offset), epoch, int64(end)) {
			_, own := endOf(f.log, epoch)
			cut := min(end, own, offset)
			f.log = f.log[:cut]
			w.do(f, replica.Truncated{EndOffset: int64(cut)})
			return
		}
	}
	known := w.images[leader.images-1]
	w.do(leader, replica.FollowerFetched{Replica: f.id, BrokerEpoch: f.epoch, FetchOffset: int64(offset),
		Eligible: known.IsActive(f.id) && known.Broker(f.id).Epoch == f.epoch})
	if w.rng.IntN(4) == 0 || offset > len(leader.log) {
		return
	}
	f.log = append(f.log, leader.log[offset:min(len(leader.log), offset+w.rng.IntN(3))]...)
	w.do(f, replica.FollowerAppended{EndOffset: int64(len(f.log)), LeaderHighWatermark: leader.core.HighWatermark()})
}

// endOf returns the largest epoch of a log that is not above epoch, and where it ends.
func endOf(log []diskRecord, epoch int32) (int32, int) {
	end := len(log)
	for end > 0 && log[end-1].epoch > epoch {
		end--
	}
	if end == 0 {
		return epoch, 0 // the epochs before the log's first one end at its start
	}
	return log[end-1].epoch, end
}

// deliver lets the request of a leader arrive at the controller, or loses it or its answer.
func (w *diskWorld) deliver(b *diskBroker) {
	a := b.request
	if !b.up || a == nil {
		return
	}
	b.request = nil
	answer := replica.PartitionAltered{ID: a.ID, Err: protocol.ErrNetworkException}
	if fate := w.rng.IntN(4); fate > 0 {
		part := protocol.AlterPartitionRequestPartitionData{LeaderEpoch: a.LeaderEpoch, PartitionEpoch: a.PartitionEpoch}
		for _, m := range a.NewISR {
			part.NewISRWithEpochs = append(part.NewISRWithEpochs, protocol.AlterPartitionRequestBrokerState{BrokerID: m.ID, BrokerEpoch: m.Epoch})
		}
		r := w.ask(3, &protocol.AlterPartitionRequest{BrokerID: b.id, BrokerEpoch: b.epoch, Topics: []protocol.AlterPartitionRequestTopicData{{
			TopicID: w.topic, Partitions: []protocol.AlterPartitionRequestPartitionData{part}}}}).(*protocol.AlterPartitionResponse)
		if fate > 1 && r.ErrorCode == 0 {
			p := r.Topics[0].Partitions[0]
			answer = replica.PartitionAltered{ID: a.ID, Err: protocol.Error(p.ErrorCode), LeaderEpoch: p.LeaderEpoch, PartitionEpoch: p.PartitionEpoch,
				ISR: p.ISR, Recovering: p.LeaderRecoveryState != metadata.LeaderRecovered}
		}
	}
	w.do(b, answer)
	if w.bug == "a repeated request names the present registrations" && answer.Retry() && b.request != nil {
		for i, m := range b.request.NewISR {
			if now := w.images[b.images-1].Broker(m.ID); m.Epoch >= 0 && now != nil {
				b.request.NewISR[i].Epoch = now.Epoch
			}
		}
	}
}

// start registers a broker that is down. The controller refuses it while it believes that the
// incarnation before is alive.
func (w *diskWorld) start(b *diskBroker) {
	if b.up {
		return
	}
	b.incarnation++
	req := protocol.New[protocol.BrokerRegistrationRequest]()
	req.BrokerID, req.ClusterID, req.IncarnationID, req.PreviousBrokerEpoch = b.id, "c", wire.UUID{b.incarnation, byte(b.id)}, b.cleanEpoch
	req.LogDirs = []wire.UUID{directoryOf(b.id)}
	for _, f := range metadata.SupportedFeatures() {
		req.Features = append(req.Features, protocol.BrokerRegistrationRequestFeature{Name: f.Name, MinSupportedVersion: f.Min, MaxSupportedVersion: f.Max})
	}
	r := w.ask(4, req).(*protocol.BrokerRegistrationResponse)
	if r.ErrorCode != 0 {
		return
	}
	b.up, b.epoch, b.older, b.cleanEpoch, b.request = true, r.BrokerEpoch, false, -1, nil
	b.core = replica.New(replica.Options{LocalID: b.id, LogEndOffset: int64(len(b.log)), MinISR: 2, LagMaxMs: 600})
	b.images = len(w.images) - 1 // it has caught up with its registration
	w.learn(b)
}

// stop ends a broker's process: cleanly, with its disk as it is, or with an older disk if another
// replica has all committed records.
func (w *diskWorld) stop(b *diskBroker) {
	if !b.up {
		return
	}
	p := w.partition(w.image())
	safe := slices.ContainsFunc(slices.Concat(p.ISR, p.ELR), func(id int32) bool { return id != b.id && !w.brokers[id-1].older })
	b.up = false
	switch kind := w.rng.IntN(3); {
	case kind == 0 && safe:
		b.older, b.log = true, b.log[:w.rng.IntN(len(b.log)+1)]
	case kind == 1:
		b.cleanEpoch = b.epoch
	}
}
