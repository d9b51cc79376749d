package group

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/gregorhq/gregor/internal/protocol"
	"github.com/gregorhq/gregor/internal/protocol/wire"
)

var rewrite = flag.Bool("rewrite", false, "rewrite the outputs in testdata/*.txt")

// TestScripts runs testdata/*.txt: blocks of commands, "----", and what they print.
func TestScripts(t *testing.T) {
	files, _ := filepath.Glob("testdata/*.txt")
	if len(files) == 0 {
		t.Fatal("no scripts")
	}
	for _, name := range files {
		t.Run(strings.TrimSuffix(filepath.Base(name), ".txt"), func(t *testing.T) { runScript(t, name) })
	}
}

func runScript(t *testing.T, name string) {
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	d := newDriver(DefaultConfig())
	var out strings.Builder
	for i, block := range strings.Split(strings.TrimRight(string(text), "\n"), "\n\n") {
		in, want, _ := strings.Cut(block, "\n----")
		want = strings.TrimPrefix(want, "\n")
		for line := range strings.SplitSeq(in, "\n") {
			if line = strings.TrimSpace(line); line != "" && !strings.HasPrefix(line, "#") {
				d.run(t, line)
			}
		}
		got := strings.TrimRight(d.take(), "\n")
		if i > 0 {
			out.WriteString("\n")
		}
		out.WriteString(in + "\n----\n")
		if got != "" {
			out.WriteString(got + "\n")
		}
		if got != want && !*rewrite {
			t.Errorf("%s\ngot:\n%s\nwant:\n%s", in, got, want)
		}
	}
	if *rewrite {
		if err := os.WriteFile(name, []byte(out.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// args are the key=value words of a command.
type args map[string]string

func parseArgs(words []string) args {
	a := args{}
	for _, w := range words {
		k, v, _ := strings.Cut(w, "=")
		a[k] = v
	}
	return a
}

func (a args) str(key, def string) string {
	if v, ok := a[key]; ok {
		return v
	}
	return def
}

func (a args) int(key string, def int64) int64 {
	if v, ok := a[key]; ok {
		n, err := strconv.ParseInt(v, 10, 64)
		if err != nil {
			panic(err)
		}
		return n
	}
	return def
}

func (a args) ptr(key string) *string {
	if v, ok := a[key]; ok {
		return &v
	}
	return nil
}

func (d *driver) configure(a args) {
	d.config.InitialRebalanceDelayMs = a.int("initial-delay", d.config.InitialRebalanceDelayMs)
	d.config.MaxSize = int(a.int("max-size", int64(d.config.MaxSize)))
	d.config.OffsetsRetentionMs = a.int("retention", d.config.OffsetsRetentionMs)
	d.config.RetentionCheckMs = a.int("check", d.config.RetentionCheckMs)
	d.config.MaxRecordBytes = int(a.int("max-record", int64(d.config.MaxRecordBytes)))
	d.config.OffsetMetadataMaxLength = int(a.int("metadata", int64(d.config.OffsetMetadataMaxLength)))
}

func (d *driver) run(t *testing.T, line string) {
	words := strings.Fields(line)
	verb, rest := words[0], words[1:]
	name := ""
	if len(rest) > 0 && !strings.Contains(rest[0], "=") {
		name, rest = rest[0], rest[1:]
	}
	a := parseArgs(rest)
	g := a.str("group", "g")
	switch verb {
	case "config":
		d.configure(a)
	case "join":
		d.join(name, g, a)
	case "sync":
		d.sync(name, g, a)
	case "heartbeat":
		req := protocol.New[protocol.HeartbeatRequest]()
		req.GroupID, req.MemberID, req.GenerationID, req.GroupInstanceID = g, d.id(a.str("id", name)), int32(a.int("gen", 1)), a.ptr("instance")
		d.do(d.s.Heartbeat(d.now, req, d.waiter(name)))
	case "leave":
		d.leave(name, g, a)
	case "commit":
		d.commitOne(name, g, a)
	case "fetch":
		req := &protocol.OffsetFetchRequestRequestGroup{GroupID: g, MemberEpoch: -1}
		if topic, ok := a["topic"]; ok {
			req.Topics = []protocol.OffsetFetchRequestRequestTopics{{Name: topic, TopicID: topicID(a.str("topicid", "")), PartitionIndexes: []int32{int32(a.int("p", 0))}}}
		}
		d.do(d.s.FetchOffsets(a.str("stable", "") != "", req, d.waiter(name)))
	case "offset-delete":
		req := protocol.New[protocol.OffsetDeleteRequest]()
		req.GroupID = g
		req.Topics = []protocol.OffsetDeleteRequestRequestTopic{{Name: a.str("topic", "t"), Partitions: []protocol.OffsetDeleteRequestRequestPartition{{PartitionIndex: int32(a.int("p", 0))}}}}
		d.do(d.s.DeleteOffsets(req, d.waiter(name)))
	case "describe":
		d.do(d.s.Describe(int16(a.int("v", 6)), g, d.waiter(name)))
	case "list":
		for _, l := range d.s.List(list(a.str("states", "")), list(a.str("types", "")), nil) {
			d.printf("%s %s %q %s", l.GroupID, l.GroupState, l.ProtocolType, l.GroupType)
		}
	case "delete":
		d.do(d.s.Delete(g, d.waiter(name)))
	case "delete-topics":
		topics := map[string]bool{}
		for _, n := range list(a.str("topics", "")) {
			topics[n] = true
		}
		d.do(d.s.TopicsDeleted(topics))
	case "advance":
		d.advance(d.now + a.int("ms", 0))
	case "hold":
		d.holding = true
	case "release":
		d.release(errorByName(t, a.str("err", "NONE")))
	case "reload":
		d.reload()
	case "record":
		d.rawRecord(a)
	case "end-txn":
		d.s.ReplayEndTxn(a.int("producer", 0), 0, a.str("commit", "") != "")
	case "counts":
		d.printf("%+v", d.s.Counts())
	default:
		t.Fatalf("unknown command %q", verb)
	}
}

func list(s string) []string {
	if s == "" {
		return nil
	}
	return strings.Split(s, ",")
}

func topicID(s string) (id wire.UUID) {
	copy(id[:], s)
	return id
}

func errorByName(t *testing.T, name string) protocol.Error {
	for e := protocol.Error(-1); e < 200; e++ {
		if e.Name() == name {
			return e
		}
	}
	t.Fatalf("unknown error %q", name)
	return 0
}

func (d *driver) join(name, g string, a args) {
	req := protocol.New[protocol.JoinGroupRequest]()
	req.GroupID, req.MemberID, req.GroupInstanceID = g, d.id(a.str("id", "")), a.ptr("instance")
	req.SessionTimeoutMs, req.RebalanceTimeoutMs = int32(a.int("session", 10000)), int32(a.int("rebalance", 60000))
	req.ProtocolType = a.str("type", "consumer")
	for _, p := range list(a.str("protocols", "range")) {
		n, meta, _ := strings.Cut(p, ":")
		req.Protocols = append(req.Protocols, protocol.JoinGroupRequestRequestProtocol{Name: n, Metadata: subscription(meta)})
	}
	d.uuids++
	d.do(d.s.Join(d.now, Join{
		Client: Client{ID: name, Host: "/127.0.0.1"}, Version: int16(a.int("v", 9)), Request: req,
		MemberUUID: fmt.Sprint(d.uuids), To: d.waiter(name),
	}))
}

// subscription encodes topics, separated by "+", as consumers do; "?" makes bytes
// that are no subscription.
func subscription(topics string) []byte {
	if topics == "?" {
		return []byte{1}
	}
	var w wire.Writer
	b := append(w.Buf, 0, 0)
	names := strings.FieldsFunc(topics, func(r rune) bool { return r == '+' })
	b = append(b, 0, 0, 0, byte(len(names)))
	for _, n := range names {
		b = append(b, 0, byte(len(n)))
		b = append(b, n...)
	}
	return append(b, 0xff, 0xff, 0xff, 0xff)
}

func (d *driver) sync(name, g string, a args) {
	req := protocol.New[protocol.SyncGroupRequest]()
	req.GroupID, req.MemberID, req.GenerationID, req.GroupInstanceID = g, d.id(a.str("id", name)), int32(a.int("gen", 1)), a.ptr("instance")
	req.ProtocolType, req.ProtocolName = a.ptr("type"), a.ptr("protocol")
	for _, as := range list(a.str("assign", "")) {
		m, what, _ := strings.Cut(as, ":")
		req.Assignments = append(req.Assignments, protocol.SyncGroupRequestRequestAssignment{MemberID: d.id(m), Assignment: []byte(what)})
	}
	w := d.waiter(name)
	if err := checkSync(int16(a.int("v", 4)), req); err != protocol.ErrNone {
		w.Reply(syncError(err))
		return
	}
	d.do(d.s.Sync(d.now, req, w))
}

func (d *driver) leave(name, g string, a args) {
	req := protocol.New[protocol.LeaveGroupRequest]()
	req.GroupID = g
	v := int16(a.int("v", 5))
	if v < 3 {
		req.MemberID = d.id(a.str("id", name))
	} else {
		for _, id := range list(a.str("id", "")) {
			req.Members = append(req.Members, protocol.LeaveGroupRequestMemberIdentity{MemberID: d.id(id)})
		}
		for _, i := range list(a.str("instances", "")) {
			req.Members = append(req.Members, protocol.LeaveGroupRequestMemberIdentity{GroupInstanceID: &i})
		}
	}
	d.do(d.s.Leave(d.now, v, req, d.waiter(name)))
}

func (d *driver) commitOne(name, g string, a args) {
	req := protocol.New[protocol.OffsetCommitRequest]()
	req.GroupID, req.MemberID, req.GenerationIDOrMemberEpoch, req.GroupInstanceID = g, d.id(a.str("id", "")), int32(a.int("gen", -1)), a.ptr("instance")
	req.RetentionTimeMs = a.int("retention", -1)
	req.Topics = []protocol.OffsetCommitRequestRequestTopic{{Name: a.str("topic", "t"), TopicID: topicID(a.str("topicid", "")), Partitions: []protocol.OffsetCommitRequestRequestPartition{
		{PartitionIndex: int32(a.int("p", 0)), CommittedOffset: a.int("at", 0), CommittedLeaderEpoch: -1, CommittedMetadata: a.ptr("meta")}}}}
	d.do(d.s.CommitOffsets(d.now, int16(a.int("v", 8)), req, d.waiter(name)))
}
