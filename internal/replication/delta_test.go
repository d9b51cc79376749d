package replication

import (
	"slices"
	"strings"
	"testing"

	"github.com/gregorhq/gregor/internal/metadata"
	"github.com/gregorhq/gregor/internal/protocol"
	mr "github.com/gregorhq/gregor/internal/protocol/metadatarecord"
	"github.com/gregorhq/gregor/internal/protocol/wire"
	"github.com/gregorhq/gregor/vfs"
)

func folders(t *testing.T, fs vfs.FS, dir string) (out []string) {
	t.Helper()
	entries, err := fs.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if e.IsDir() {
			out = append(out, e.Name())
		}
	}
	return out
}

func TestTopicComesAndGoes(t *testing.T) {
	fs := vfs.NewMem()
	n := newNode(t, fs, nil)
	n.createTopic("t", 2)
	n.produce("t", 0, "old")
	waiting := n.fetch("t", 0, 1, fetchOptions{maxWaitMs: 500})
	n.apply(&mr.RemoveTopicRecord{TopicID: topicID("t")})
	if g := waiting.Load(); g == nil || g.Err != protocol.ErrUnknownTopicOrPartition || g.LeaderID != -1 || g.LeaderEpoch != -1 {
		t.Fatalf("a waiting fetch of a deleted topic: %+v", g)
	}
	if g := n.fetchNow("t", 0, 0, fetchOptions{}); g.Err != protocol.ErrUnknownTopicOrPartition {
		t.Fatalf("a fetch of a deleted topic: %v", g.Err)
	}
	for _, f := range folders(t, fs, "/data") {
		if !strings.HasSuffix(f, "-delete") {
			t.Fatalf("folder %s is left", f)
		}
	}
	// A topic with the same name is another topic.
	id := wire.UUID{1}
	n.apply(&mr.TopicRecord{Name: "t", TopicID: id}, partitionRecord(id, 0, 1, 0, 1))
	n.produce("t", 0, "new")
	if got := n.values("t", 0); !slices.Equal(got, []string{"0:new"}) {
		t.Fatalf("%v", got)
	}
	n.logs.Tick(startMs)
	n.logs.Tick(startMs + 61_000)
	if got := folders(t, fs, "/data"); !slices.Equal(got, []string{"t-0"}) {
		t.Fatalf("after file.delete.delay.ms: %v", got)
	}
}

func TestConfigChangesAreInEffect(t *testing.T) {
	n := newNode(t, vfs.NewMem(), nil)
	n.createTopic("t", 1)
	n.apply(topicConfigRecord("t", "max.message.bytes", "80"))
	if p := n.send("t", 0, AcksLeader, batch(t, strings.Repeat("x", 100))).Load(); p.Err != protocol.ErrMessageTooLarge {
		t.Fatalf("%+v", p)
	}
	n.apply(&mr.ConfigRecord{ResourceType: metadata.ResourceTopic, ResourceName: "t", Name: "max.message.bytes"})
	if p := n.send("t", 0, AcksLeader, batch(t, strings.Repeat("x", 100))).Load(); p.Err != 0 {
		t.Fatalf("%+v", p)
	}
	n.m.config.Set(map[string]string{"message.max.bytes": "90"}, nil)
	n.m.ConfigChanged()
	if p := n.send("t", 0, AcksLeader, batch(t, strings.Repeat("x", 100))).Load(); p.Err != protocol.ErrMessageTooLarge {
		t.Fatalf("the broker's default does not reach the topic: %+v", p)
	}
}

// TestMinInsyncReplicasFollowsTheBroker changes the broker's min.insync.replicas while a partition
// has one of two replicas in its ISR.
func TestMinInsyncReplicasFollowsTheBroker(t *testing.T) {
	n := replicated(t)
	r := partitionRecord(topicID("t"), 0, 1, 1, 1, 2)
	r.ISR = []int32{1}
	n.apply(r)
	for _, step := range []struct {
		value string
		want  protocol.Error
	}{{"1", protocol.ErrNone}, {"2", protocol.ErrNotEnoughReplicas}, {"1", protocol.ErrNone}} {
		n.m.config.Set(map[string]string{"min.insync.replicas": step.value}, nil)
		n.m.ConfigChanged()
		p := n.send("t", 0, AcksAll, batch(t, "a"))
		n.logs.Commit()
		if got := p.Load(); got == nil || got.Err != step.want {
			t.Errorf("min.insync.replicas=%s: %+v", step.value, got)
		}
	}
}

func TestReplicaMovesAway(t *testing.T) {
	fs := vfs.NewMem()
	n := newNode(t, fs, nil)
	n.createTopic("t", 1)
	n.produce("t", 0, "a")
	n.apply(partitionRecord(topicID("t"), 0, 2, 1, 2))
	if g := n.fetchNow("t", 0, 0, fetchOptions{}); g.Err != protocol.ErrNotLeaderOrFollower || g.LeaderID != 2 {
		t.Fatalf("%+v", g.FetchPart)
	}
	if got := folders(t, fs, "/data"); len(got) != 1 || !strings.HasSuffix(got[0], "-delete") {
		t.Fatalf("%v", got)
	}
}

func TestStrayFoldersAreSetAside(t *testing.T) {
	fs := vfs.NewMem()
	n := newNode(t, fs, nil)
	n.createTopic("t", 1)
	n.createTopic("forgotten", 1)
	n.produce("forgotten", 0, "a")
	n.logs.Stop(true, 1)
	// While the broker was down, the controller deleted one topic, and deleted and created the
	// other.
	d := metadata.NewDelta(metadata.Empty())
	other := wire.UUID{5}
	for _, r := range []metadata.Record{&mr.TopicRecord{Name: "t", TopicID: other}, partitionRecord(other, 0, 1, 0, 1)} {
		if err := d.Replay(r); err != nil {
			t.Fatal(err)
		}
	}
	image, err := d.Apply(1, 1)
	if err != nil {
		t.Fatal(err)
	}
	newNode(t, fs, image)
	got := folders(t, fs, "/data")
	strays := slices.DeleteFunc(slices.Clone(got), func(f string) bool { return !strings.HasSuffix(f, "-stray") })
	if len(got) != 3 || len(strays) != 2 {
		t.Fatalf("%v", got)
	}
}
