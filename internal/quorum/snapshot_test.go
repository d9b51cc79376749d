package quorum

import (
	"fmt"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/gregorhq/gregor/internal/metadata"
	"github.com/gregorhq/gregor/internal/protocol"
	mr "github.com/gregorhq/gregor/internal/protocol/metadatarecord"
	"github.com/gregorhq/gregor/internal/protocol/wire"
	"github.com/gregorhq/gregor/internal/testkit"
	"github.com/gregorhq/gregor/vfs"
)

// richImage has something of everything that a snapshot must keep.
func richImage(t testing.TB) *metadata.Image {
	t.Helper()
	value, entity := "1000", "alice"
	topic := wire.UUID{1}
	records := []metadata.Record{
		&mr.FeatureLevelRecord{Name: metadata.FeatureMetadataVersion, FeatureLevel: metadata.LatestMetadataVersion},
		&mr.FeatureLevelRecord{Name: metadata.FeatureELRVersion, FeatureLevel: 1},
		&mr.RegisterBrokerRecord{BrokerID: 1, BrokerEpoch: 5, IncarnationID: wire.UUID{9}, Rack: &value, Fenced: true, LogDirs: []wire.UUID{{7}}, CordonedLogDirs: []wire.UUID{{7}},
			EndPoints: []mr.RegisterBrokerRecordBrokerEndpoint{{Name: "PLAINTEXT", Host: "h", Port: 9092}},
			Features:  []mr.RegisterBrokerRecordBrokerFeature{{Name: "x", MinSupportedVersion: 1, MaxSupportedVersion: 2}}},
		&mr.RegisterControllerRecord{ControllerID: 1, EndPoints: []mr.RegisterControllerRecordControllerEndpoint{{Name: "C", Host: "h", Port: 1}}},
		&mr.TopicRecord{Name: "pet", TopicID: topic},
		&mr.PartitionRecord{PartitionID: 1, TopicID: topic, Replicas: []int32{1, 2}, ISR: []int32{1}, Leader: 1, LeaderEpoch: 3, PartitionEpoch: 4,
			Directories: []wire.UUID{{7}, {}}, LeaderRecoveryState: 1, EligibleLeaderReplicas: []int32{2}, LastKnownELR: []int32{2}},
		&mr.PartitionRecord{PartitionID: 0, TopicID: topic, Replicas: []int32{2, 1}, ISR: []int32{2}, AddingReplicas: []int32{1}, Leader: -1, Directories: []wire.UUID{{}, {7}}},
		&mr.ConfigRecord{ResourceType: 2, ResourceName: "pet", Name: "retention.ms", Value: &value},
		&mr.ProducerIDsRecord{BrokerID: 1, BrokerEpoch: 5, NextProducerID: 3000},
		&mr.AccessControlEntryRecord{ID: wire.UUID{3}, Principal: "User:a", ResourceName: "pet"},
		&mr.UserScramCredentialRecord{Name: "alice", Mechanism: 1, Salt: []byte{1}, StoredKey: []byte{2}, ServerKey: []byte{3}, Iterations: 4096},
		&mr.ClientQuotaRecord{Entity: []mr.ClientQuotaRecordEntityData{{EntityType: "user", EntityName: &entity}, {EntityType: "client-id"}}, Key: "producer_byte_rate", Value: 1.5},
		&mr.DelegationTokenRecord{Owner: "User:a", Requester: "User:a", TokenID: "t", Renewers: []string{}},
	}
	delta := metadata.NewDelta(metadata.Empty())
	for _, r := range records {
		if err := delta.Replay(r); err != nil {
			t.Fatal(err)
		}
	}
	image, err := delta.Apply(99, 7)
	if err != nil {
		t.Fatal(err)
	}
	return image
}

// dump is an image as text: its records, encoded with all fields, also the fields that
// its metadata.version lacks.
func dump(image *metadata.Image) []string {
	var out []string
	for r := range image.Records() {
		out = append(out, fmt.Sprintf("%s %x", r.MessageName(), must(mr.Marshal(r, metadata.RecordVersion(metadata.LatestMetadataVersion, r)))))
	}
	return out
}

func TestCheckpointRoundTrip(t *testing.T) {
	image := richImage(t)
	fsys := vfs.NewMem()
	if err := fsys.MkdirAll(testDir, vfs.DirPerm); err != nil {
		t.Fatal(err)
	}
	c := checkpoint{id: snapshotID{100, 7}, lastContainedMs: 1234, voters: voterState{1, []Voter{{ID: 1, DirectoryID: wire.UUID{8},
		Endpoints: []metadata.Endpoint{{Name: "C", Host: "h", Port: 9}}}}}}
	if _, err := writeCheckpoint(fsys, testDir, c, image.Records(), metadata.LatestMetadataVersion, 5000); err != nil {
		t.Fatal(err)
	}
	delta := metadata.NewDelta(metadata.Empty())
	path := filepath.Join(testDir, c.id.fileName())
	got, _, err := readCheckpoint(fsys, path, c.id, delta.Replay)
	if err != nil {
		t.Fatal(err)
	}
	back, err := delta.Apply(99, 7)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(dump(image), dump(back)) {
		t.Errorf("before %v\nafter  %v", dump(image), dump(back))
	}
	if len(dump(back)) != 13 {
		t.Errorf("%d records", len(dump(back)))
	}
	if fmt.Sprint(got) != fmt.Sprint(c) {
		t.Errorf("header %+v, want %+v", got, c)
	}
	// Cut anywhere, it is not whole and says so.
	data, _ := vfs.ReadFile(fsys, path)
	for n := range data {
		if _, err := parseCheckpoint(data[:n], func(metadata.Record) error { return nil }); err == nil {
			t.Fatalf("the first %d of %d bytes pass for a checkpoint", n, len(data))
		}
	}
}

// TestSnapshotsAndRetention: snapshots are written by size, and old ones and the log below them go
// by size.
func TestSnapshotsAndRetention(t *testing.T) {
	fsys := vfs.NewMem()
	formatTest(t, fsys, true)
	o := testOptions(fsys, true)
	n := openNode(t, fsys, o, time.UnixMilli(1_800_000_000_000))
	n.c.engine.set.snapshotBytes, n.c.engine.set.retentionBytes = 4000, 30_000
	n.register()
	for i := range 120 {
		if err := n.create(fmt.Sprintf("t%03d", i), 3); err != protocol.ErrNone {
			t.Fatal(err)
		}
		n.heartbeat()
		n.c.engine.tick()
		n.wait("snapshot", func() bool { return !n.c.engine.snapshots.busy })
	}
	ids, _, err := listSnapshots(fsys, n.c.engine.dir)
	if err != nil || len(ids) == 0 || len(ids) > 4 {
		t.Fatalf("snapshots %v, %v", ids, err)
	}
	if start := n.c.Status().LogStartOffset; start != ids[0].Offset {
		t.Errorf("the log starts at %d, the oldest snapshot ends at %d", start, ids[0].Offset)
	}
	before := dump(n.c.Image())
	n.close()

	n = openNode(t, fsys, o, n.now)
	if got := dump(n.c.Image()); !slices.Equal(got, before) {
		t.Errorf("%d records after a restart, %d before", len(got), len(before))
	}
	n.register()
	if err := n.create("more", 1); err != protocol.ErrNone {
		t.Fatal(err)
	}
	n.close()
}

func TestDamagedSnapshotIsPassedOver(t *testing.T) {
	fsys := vfs.NewMem()
	formatTest(t, fsys, false)
	n := openNode(t, fsys, testOptions(fsys, false), time.UnixMilli(1_800_000_000_000))
	n.register()
	for i := range 3 {
		n.create(fmt.Sprintf("t%d", i), 1)
		n.c.engine.snapshots.begin(n.c.engine)
		n.wait("snapshot", func() bool { return !n.c.engine.snapshots.busy })
	}
	dir := n.c.engine.dir
	n.close()
	ids, _, _ := listSnapshots(fsys, dir)
	path := filepath.Join(dir, ids[len(ids)-1].fileName())
	data, _ := vfs.ReadFile(fsys, path)
	data[len(data)/2] ^= 1
	if err := vfs.WriteFile(fsys, path, data); err != nil {
		t.Fatal(err)
	}
	n = openNode(t, fsys, testOptions(fsys, false), n.now)
	if n.c.Image().Topics().Len() != 3 {
		t.Errorf("%d topics", n.c.Image().Topics().Len())
	}
	n.close()
}

func FuzzCheckpoint(f *testing.F) {
	fsys := vfs.NewMem()
	if err := fsys.MkdirAll(testDir, vfs.DirPerm); err != nil {
		f.Fatal(err)
	}
	c := checkpoint{id: snapshotID{100, 7}, voters: voterState{1, []Voter{{ID: 1}}}}
	if _, err := writeCheckpoint(fsys, testDir, c, richImage(f).Records(), metadata.LatestMetadataVersion, 5000); err != nil {
		f.Fatal(err)
	}
	data, _ := vfs.ReadFile(fsys, filepath.Join(testDir, c.id.fileName()))
	f.Add(data)
	f.Add(data[:len(data)/2])
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, data []byte) {
		testkit.Bounded(t)
		// The records of a batch are decoded one by one, each with a floor of its own.
		testkit.Cost(t, 8*len(data), 64<<10, func() { _, _ = parseCheckpoint(data, func(metadata.Record) error { return nil }) })
		delta := metadata.NewDelta(metadata.Empty())
		if _, err := parseCheckpoint(data, delta.Replay); err != nil {
			return
		}
		image, err := delta.Apply(0, 0)
		if err != nil {
			return
		}
		// Accepted bytes must encode again.
		dump(image)
	})
}

func FuzzQuorumState(f *testing.F) {
	f.Add([]byte(`{"clusterId":"","leaderId":1,"leaderEpoch":1,"votedId":-1,"appliedOffset":0,"currentVoters":[{"voterId":1}],"data_version":0}`))
	f.Add([]byte(`{"leaderId":1,"leaderEpoch":1,"votedId":-1,"votedDirectoryId":"AAAAAAAAAAAAAAAAAAAAAA","data_version":1}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		testkit.Bounded(t)
		var s quorumState
		var err error
		// Go's JSON keeps 8 bytes for each bracket that is open, in a slice that doubles.
		testkit.Memory(t, 4*len(data), 8<<10, func() { s, err = parseQuorumState(data) })
		testkit.Time(t, len(data), func() { _, _ = parseQuorumState(data) })
		if err != nil {
			return
		}
		fsys := vfs.NewMem()
		if err := s.write(fsys, "", voterState{KRaftVersion: 1}); err != nil {
			t.Fatal(err)
		}
		if back, _, err := readQuorumState(fsys, ""); err != nil || back != s {
			t.Fatalf("%+v came back as %+v, %v", s, back, err)
		}
	})
}

// must returns the bytes of an encoding that cannot fail.
func must(b []byte, err error) []byte {
	if err != nil {
		panic(err)
	}
	return b
}
