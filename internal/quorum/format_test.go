package quorum

import (
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/gregorhq/gregor/internal/kraft"
	"github.com/gregorhq/gregor/internal/metadata"
	"github.com/gregorhq/gregor/internal/protocol"
	"github.com/gregorhq/gregor/internal/protocol/wire"
	"github.com/gregorhq/gregor/storage"
	"github.com/gregorhq/gregor/vfs"
)

func directory(t *testing.T, text string) wire.UUID {
	t.Helper()
	id, err := wire.ParseUUID(text)
	if err != nil {
		t.Fatal(err)
	}
	return id
}

func dynamicVoter(id int32, host string, port uint16, dir wire.UUID) Voter {
	return Voter{ID: id, DirectoryID: dir, MaxVersion: 1, Endpoints: []metadata.Endpoint{{Name: "CONTROLLER", Host: host, Port: port}}}
}

// The checkpoint of a formatted controller names the voters that Apache Kafka 4.4 writes for the
// same options: --standalone, --no-initial-controllers, --initial-controllers.
func TestFormatWritesKafkasVoters(t *testing.T) {
	three := []Voter{
		dynamicVoter(1, "localhost", 9093, directory(t, "AAAAAAAAAAAAAAAAAAAAAQ")),
		dynamicVoter(2, "b", 9093, directory(t, "ERERERERERERERERERERAg")),
		dynamicVoter(3, "c", 9093, directory(t, "IiIiIiIiIiIiIiIiIiIiIw")),
	}
	for name, set := range map[string]func(*FormatOptions){ // any order
		"standalone": func(o *FormatOptions) {
			o.Standalone, o.ControllerEndpoints = true, three[0].Endpoints
		},
		"none":  func(o *FormatOptions) { o.NoVoters = true },
		"three": func(o *FormatOptions) { o.Voters = three },
	} {
		fsys := vfs.NewMem()
		o := FormatOptions{FS: fsys, MetadataDir: "/a", LogDirs: []string{"/a", "/b"}, NodeID: 1, ClusterID: testCluster,
			NowMs: 1000, NewUUID: func() wire.UUID { return wire.UUID{7: 7} }}
		set(&o)
		if _, err := Format(o); err != nil {
			t.Fatal(err)
		}
		data, err := os.ReadFile(filepath.Join("testdata", "kafka-4.4-format", name+".checkpoint"))
		if err != nil {
			t.Fatal(err)
		}
		want, err := parseCheckpoint(data, func(metadata.Record) error { return nil })
		if err != nil {
			t.Fatal(err)
		}
		got, _, err := readCheckpoint(fsys, filepath.Join("/a", Folder, bootstrapID.fileName()), bootstrapID, func(metadata.Record) error { return nil })
		if err != nil {
			t.Fatal(err)
		}
		p, _, err := storage.ReadMetaProperties(fsys, "/a")
		if err != nil {
			t.Fatal(err)
		}
		if name == "three" && p.DirectoryID != three[0].DirectoryID {
			t.Errorf("the directory id %v is not that of the voter", p.DirectoryID)
		}
		if name == "standalone" { // its directory id is random
			want.voters.Voters[0].DirectoryID = wire.UUID{7: 7}
		}
		if !reflect.DeepEqual(got.voters, want.voters) {
			t.Errorf("%s: %+v, Apache Kafka writes %+v", name, got.voters, want.voters)
		}
	}
}

// A broker needs no bootstrap checkpoint.
func TestFormatOfABroker(t *testing.T) {
	fsys := vfs.NewMem()
	if _, err := Format(FormatOptions{FS: fsys, MetadataDir: "/a", LogDirs: []string{"/a"}, NodeID: 1, ClusterID: testCluster, Observer: true,
		NewUUID: func() wire.UUID { return wire.UUID{7: 7} }}); err != nil {
		t.Fatal(err)
	}
	if vfs.Exists(fsys, filepath.Join("/a", Folder, bootstrapID.fileName())) {
		t.Error("a checkpoint was written")
	}
}

// serve sends a request to the leader and waits for the answer.
func (v *voters) serve(request kraft.RequestBody) (answer kraft.ResponseBody) {
	v.t.Helper()
	v.leader().c.Serve(request, func(r kraft.ResponseBody) { answer = r })
	v.run("an answer", func() bool { return answer != nil })
	return answer
}

// Three controllers that were formatted with --initial-controllers elect a leader. A fourth one,
// formatted with --no-initial-controllers, follows it as an observer, is added as a voter, and
// counts when an old voter is removed.
func TestDynamicVoters(t *testing.T) {
	v := &voters{t: t, now: time.UnixMilli(1_800_000_000_000), nodes: map[int32]*node{}}
	var initial []Voter
	for id := int32(1); id <= 3; id++ {
		initial = append(initial, dynamicVoter(id, "h", uint16(id), wire.UUID{0: byte(id), 15: 201}))
	}
	start := func(id int32, set func(*FormatOptions)) *node {
		t.Helper()
		fsys := vfs.NewMem()
		o := FormatOptions{FS: fsys, MetadataDir: testDir, LogDirs: []string{testDir}, NodeID: id, ClusterID: testCluster,
			NowMs: 1000, NewUUID: func() wire.UUID { return wire.UUID{0: byte(id), 15: 201} }}
		set(&o)
		if _, err := Format(o); err != nil {
			t.Fatal(err)
		}
		return v.openAs(id, fsys, func(o *Options) {
			o.Bootstrap = []kraft.Endpoint{{Host: "h", Port: 1}, {Host: "h", Port: 2}, {Host: "h", Port: 3}}
		})
	}
	for id := int32(1); id <= 3; id++ {
		start(id, func(o *FormatOptions) { o.Voters = initial })
	}
	v.run("a leader", func() bool { return v.leader() != nil })
	v.registerAt(9)
	v.create("a")
	fourth := start(4, func(o *FormatOptions) { o.NoVoters = true })
	v.run("the new controller has the topic", topics(fourth, 1))
	if s := fourth.c.Status(); len(s.Voters) != 3 || s.Active {
		t.Errorf("the new controller: %+v", s)
	}
	added := v.serve(&kraft.AddVoterRequest{TimeoutMs: 5000, Voter: kraft.Voter{Key: kraft.Key{ID: 4, Directory: wire.UUID{0: 4, 15: 201}}, MaxVersion: 1,
		Endpoints: []kraft.Endpoint{{Name: "C", Host: "h", Port: 4}}}}).(*kraft.VotersResponse)
	if added.Err != protocol.ErrNone {
		t.Fatalf("%v: %s", added.Err, added.Message)
	}
	gone := v.follower().c.engine.o.NodeID
	removed := v.serve(&kraft.RemoveVoterRequest{Voter: kraft.Key{ID: gone, Directory: wire.UUID{0: byte(gone), 15: 201}}}).(*kraft.VotersResponse)
	if removed.Err != protocol.ErrNone {
		t.Fatalf("%v: %s", removed.Err, removed.Message)
	}
	v.run("the new controller knows the voters", func() bool { return len(fourth.c.Status().Voters) == 3 })
	ids := voterIDs(voterState{Voters: fourth.c.Status().Voters}.kraftVoters())
	if !slices.Contains(ids, 4) || slices.Contains(ids, gone) {
		t.Errorf("the voters are %v", ids)
	}
	// Without the removed voter and one more, the new one makes the majority.
	v.nodes[gone].close()
	delete(v.nodes, gone)
	leader := v.leader().c.engine.o.NodeID
	for id := int32(1); id <= 3; id++ {
		if v.nodes[id] != nil && id != leader {
			v.cut = id
		}
	}
	v.create("b")
	v.cut = 0
	v.run("the new controller has both", topics(fourth, 2))
}
