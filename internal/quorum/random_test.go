package quorum

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/gregorhq/gregor/internal/controller"
	"github.com/gregorhq/gregor/internal/metadata"
	"github.com/gregorhq/gregor/internal/protocol"
	"github.com/gregorhq/gregor/internal/protocol/wire"
	"github.com/gregorhq/gregor/vfs"
)

// world drives the controller of one node with several brokers that come, go and change ISRs at
// random.
type world struct {
	*node
	rng    *rand.Rand
	epochs map[int32]int64 // of registered brokers that are up
	// mirror is kept by a publisher from deltas alone.
	mirror *metadata.Image
}

func (w *world) publisher(image *metadata.Image, delta *metadata.Delta) {
	if w.mirror != nil {
		for _, t := range delta.Topics() {
			checkTopicDelta(w.t, w.mirror, image, t)
		}
	}
	w.mirror = image
}

// checkTopicDelta checks that a delta holds exactly the difference between two images.
func checkTopicDelta(t testing.TB, before, after *metadata.Image, d *metadata.TopicDelta) {
	t.Helper()
	if before.Topics().ByID(d.ID) != d.Old || after.Topics().ByID(d.ID) != d.New {
		t.Fatalf("delta of %s: old %v, new %v", d.Name, d.Old, d.New)
	}
	if d.New == nil {
		return
	}
	for i, p := range d.New.Partitions {
		same := d.Old != nil && d.Old.Partition(int32(i)) == p
		if same == slices.Contains(d.Changed, int32(i)) {
			t.Fatalf("delta of %s names %v, partition %d is the same: %v", d.Name, d.Changed, i, same)
		}
	}
}

func (w *world) up() {
	id := int32(1 + w.rng.IntN(5))
	previous := w.epochs[id]
	if w.rng.IntN(2) == 0 {
		previous = -1 // an unclean stop
	}
	r := call(w.node, controller.BrokerRegistration, 4, &protocol.BrokerRegistrationRequest{
		BrokerID: id, ClusterID: testCluster, IncarnationID: wire.UUID{0: byte(w.rng.IntN(250)), 1: byte(id), 2: byte(w.rng.IntN(250))},
		Listeners: []protocol.BrokerRegistrationRequestListener{{Name: "PLAINTEXT", Host: "h", Port: 9092}},
		Features:  supported(), LogDirs: directories(id), PreviousBrokerEpoch: previous,
	})
	switch protocol.Error(r.ErrorCode) {
	case protocol.ErrNone:
		w.epochs[id] = r.BrokerEpoch
	case protocol.ErrDuplicateBrokerRegistration:
	default:
		w.t.Fatalf("register: %v", protocol.Error(r.ErrorCode))
	}
}

func directories(broker int32) []wire.UUID {
	return []wire.UUID{{0: byte(broker), 15: 201}, {0: byte(broker), 15: 202}}
}

func (w *world) beat(shutdown bool) {
	for id := int32(1); id <= 5; id++ {
		epoch, ok := w.epochs[id]
		if !ok || w.rng.IntN(4) == 0 {
			continue
		}
		beat := &protocol.BrokerHeartbeatRequest{BrokerID: id, BrokerEpoch: epoch,
			CurrentMetadataOffset: w.c.Image().Offset(), WantShutDown: shutdown && w.rng.IntN(3) == 0}
		switch w.rng.IntN(20) {
		case 0:
			beat.OfflineLogDirs = directories(id)[1:]
		case 1:
			beat.CordonedLogDirs = directories(id)[:w.rng.IntN(2)]
		}
		r := call(w.node, controller.BrokerHeartbeat, 2, beat)
		if r.ErrorCode != 0 {
			w.t.Fatalf("heartbeat of %d: %v", id, protocol.Error(r.ErrorCode))
		}
	}
}

// draw chooses a partition of the image; its topic is nil when there is none.
func (w *world) draw() (t *metadata.Topic, index int) {
	var topics []*metadata.Topic
	for t := range w.c.Image().Topics().All() {
		topics = append(topics, t)
	}
	if len(topics) == 0 {
		return nil, 0
	}
	t = topics[w.rng.IntN(len(topics))]
	return t, w.rng.IntN(len(t.Partitions))
}

// assign says in which directory a broker keeps a replica.
func (w *world) assign() {
	t, index := w.draw()
	if t == nil {
		return
	}
	replicas := t.Partitions[index].Replicas
	id := replicas[w.rng.IntN(len(replicas))]
	epoch, ok := w.epochs[id]
	if !ok {
		return
	}
	r := call(w.node, controller.AssignReplicasToDirs, 0, &protocol.AssignReplicasToDirsRequest{BrokerID: id, BrokerEpoch: epoch,
		Directories: []protocol.AssignReplicasToDirsRequestDirectoryData{{ID: directories(id)[w.rng.IntN(2)], Topics: []protocol.AssignReplicasToDirsRequestTopicData{{
			TopicID: t.ID, Partitions: []protocol.AssignReplicasToDirsRequestPartitionData{{PartitionIndex: int32(index)}}}}}}})
	if err := protocol.Error(r.ErrorCode); err != protocol.ErrNone && err != protocol.ErrUnsupportedVersion {
		w.t.Fatalf("AssignReplicasToDirs: %v", err)
	}
}

// alter sends an AlterPartition of some leader, with an ISR drawn from the replicas.
func (w *world) alter() {
	t, index := w.draw()
	if t == nil {
		return
	}
	p := t.Partitions[index]
	epoch, ok := w.epochs[p.Leader]
	if !ok {
		return
	}
	isr := []protocol.AlterPartitionRequestBrokerState{{BrokerID: p.Leader, BrokerEpoch: epoch}}
	for _, id := range p.Replicas {
		if id != p.Leader && w.rng.IntN(2) == 0 {
			isr = append(isr, protocol.AlterPartitionRequestBrokerState{BrokerID: id, BrokerEpoch: w.epochs[id]})
		}
	}
	r := call(w.node, controller.AlterPartition, 3, &protocol.AlterPartitionRequest{BrokerID: p.Leader, BrokerEpoch: epoch,
		Topics: []protocol.AlterPartitionRequestTopicData{{TopicID: t.ID, Partitions: []protocol.AlterPartitionRequestPartitionData{{
			PartitionIndex: int32(index), LeaderEpoch: p.LeaderEpoch, PartitionEpoch: p.PartitionEpoch, NewISRWithEpochs: isr}}}}})
	if r.ErrorCode != 0 {
		w.t.Fatalf("AlterPartition: %v", protocol.Error(r.ErrorCode))
	}
}

func (w *world) step(i int) {
	switch w.rng.IntN(11) {
	case 0:
		w.up()
	case 1, 2:
		w.beat(w.rng.IntN(6) == 0)
	case 3:
		factor := int16(1 + w.rng.IntN(3))
		call(w.node, controller.CreateTopics, 7, &protocol.CreateTopicsRequest{TimeoutMs: 5000, Topics: []protocol.CreateTopicsRequestCreatableTopic{{
			Name: fmt.Sprintf("t%d", i), NumPartitions: 1 + w.rng.Int32N(4), ReplicationFactor: factor}}})
	case 4:
		call(w.node, controller.DeleteTopics, 5, &protocol.DeleteTopicsRequest{TimeoutMs: 5000, TopicNames: []string{fmt.Sprintf("t%d", w.rng.IntN(i+1))}})
	case 5:
		call(w.node, controller.CreatePartitions, 3, &protocol.CreatePartitionsRequest{TimeoutMs: 5000, Topics: []protocol.CreatePartitionsRequestTopic{{
			Name: fmt.Sprintf("t%d", w.rng.IntN(i+1)), Count: 1 + w.rng.Int32N(6)}}})
	case 6:
		value := fmt.Sprint(w.rng.IntN(3))
		call(w.node, controller.IncrementalAlterConfigs, 1, &protocol.IncrementalAlterConfigsRequest{Resources: []protocol.IncrementalAlterConfigsRequestAlterConfigsResource{{
			ResourceType: 2, ResourceName: fmt.Sprintf("t%d", w.rng.IntN(i+1)), Configs: []protocol.IncrementalAlterConfigsRequestAlterableConfig{{
				Name: []string{"min.insync.replicas", "retention.ms"}[w.rng.IntN(2)], ConfigOperation: int8(w.rng.IntN(2)), Value: &value}}}}})
	case 7:
		w.now = w.now.Add(time.Duration(w.rng.IntN(4000)) * time.Millisecond)
		w.c.engine.tick()
	case 8:
		call(w.node, controller.ElectLeaders, 2, &protocol.ElectLeadersRequest{ElectionType: int8(w.rng.IntN(2)), TimeoutMs: 5000})
	case 9:
		w.assign()
	default:
		w.alter()
	}
}

// check holds an image to the invariants that its fields state, and to the one before.
func (w *world) check(before *metadata.Image) {
	image := w.c.Image()
	for t := range image.Topics().All() {
		for i, p := range t.Partitions {
			where := fmt.Sprintf("%s-%d: %+v", t.Name, i, *p)
			for _, sub := range [][]int32{p.ISR, p.ELR, p.LastKnownELR} {
				for _, id := range sub {
					if !slices.Contains(p.Replicas, id) {
						w.t.Fatalf("not a replica: %s", where)
					}
				}
			}
			for _, id := range p.ELR {
				if slices.Contains(p.ISR, id) {
					w.t.Fatalf("in ISR and ELR: %s", where)
				}
			}
			if p.Leader == metadata.NoLeader && len(p.ISR) > 0 && image.Features().ELREnabled() {
				// With eligible leader replicas, a replica that could lead alone is in the ELR, not
				// in the ISR.
				w.t.Fatalf("an ISR without a leader: %s", where)
			}
			if p.Leader != metadata.NoLeader && (!slices.Contains(p.ISR, p.Leader) || !image.IsActive(p.Leader) || !controller.DirectoryOnline(image, p, p.Leader)) {
				w.t.Fatalf("the leader cannot lead: %s", where)
			}
			if old := before.Topics().ByID(t.ID).Partition(int32(i)); old != nil {
				if p.LeaderEpoch < old.LeaderEpoch || p.PartitionEpoch < old.PartitionEpoch ||
					p.Leader != old.Leader && p.LeaderEpoch == old.LeaderEpoch {
					w.t.Fatalf("epochs: before %+v, %s", *old, where)
				}
			}
		}
	}
}

// TestRandomCluster: whatever happens, at each metadata.version, the invariants hold, publishers
// see what the log says, and a restart replays the log, or a snapshot and the log, into the same
// image.
func TestRandomCluster(t *testing.T) {
	for seed := range int(metadata.LatestMetadataVersion-metadata.MinMetadataVersion) + 1 {
		version := metadata.LatestMetadataVersion - int16(seed)
		if testing.Short() && version%8 != 1 {
			continue
		}
		t.Run(fmt.Sprintf("version=%d", version), func(t *testing.T) {
			fsys := vfs.NewMem()
			levels := map[string]int16{metadata.FeatureMetadataVersion: version, metadata.FeatureELRVersion: 0}
			if version >= 23 {
				levels[metadata.FeatureELRVersion] = int16(1 - seed%4/2)
			}
			formatFeatures(t, fsys, seed%2 == 0, levels)
			randomCluster(t, fsys, seed)
		})
	}
}

func randomCluster(t *testing.T, fsys vfs.FS, seed int) {
	w := &world{rng: rand.New(rand.NewPCG(uint64(seed), 1)), epochs: map[int32]int64{}}
	o := testOptions(fsys, seed%2 == 0)
	w.node = openNode(t, fsys, o, time.UnixMilli(1_800_000_000_000))
	w.c.Subscribe(w.publisher)
	for i := range 400 {
		before := w.c.Image()
		w.step(i)
		w.check(before)
		if w.rng.IntN(150) == 0 {
			w.c.engine.snapshots.begin(w.c.engine)
		}
	}
	if w.mirror != w.c.Image() {
		t.Error("the publisher has not seen the last image")
	}
	before, offset := dump(w.c.Image()), w.c.Image().Offset()
	w.close()
	w.node = openNode(t, fsys, o, w.now)
	got := dump(w.c.Image())
	if len(got) != len(before) {
		t.Fatalf("replayed to offset %d: %d records, before %d records at offset %d", w.c.Image().Offset(), len(got), len(before), offset)
	}
	for i := range got {
		if got[i] != before[i] {
			t.Fatalf("replayed: %s\nbefore:   %s", got[i], before[i])
		}
	}
	w.close()
}
