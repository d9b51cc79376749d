package coordinator

import (
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"log/slog"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/gregorhq/gregor/internal/group"
	"github.com/gregorhq/gregor/internal/protocol"
	"github.com/gregorhq/gregor/internal/shard"
	"github.com/gregorhq/gregor/record"
)

// logged has the fixture's log lines.
func (f *fixture) logged() *strings.Builder {
	var out strings.Builder
	f.rt.opts.Logger = slog.New(slog.NewTextHandler(&out, nil))
	return &out
}

// filled is a log of the keys k0 to k9, one batch each.
func filled(t *testing.T) *fixture {
	f := newFixture(t).load()
	for i := range 10 {
		f.set("s", fmt.Sprint("k", i), fmt.Sprint(i))
	}
	f.a.take()
	f.rt.UnloadAll()
	return f
}

func (f *fixture) keys() (out string) {
	for i := range 10 {
		f.get("", fmt.Sprint("k", i))
	}
	return strings.ReplaceAll(f.a.take(), "=", "")
}

// A load passes over damaged and missing records with one line, and the partition serves the state
// of the others.
func TestLoadPassesOverDamage(t *testing.T) {
	f := filled(t)
	f.log.damage = []lostRange{{2, 3}, {3, 4}, {7, 10}}
	out := f.logged()
	f.load()
	if got := f.keys(); got != "0 1   4 5 6   " {
		t.Errorf("%q", got)
	}
	if s := f.rt.States(); s.Active != 1 {
		t.Errorf("%+v", s)
	}
	if text := out.String(); strings.Count(text, "\n") != 1 || !strings.Contains(text, "level=ERROR") ||
		!strings.Contains(text, "topic=t partition=0 offsets=2-3,7-9 ranges=2 files=0.log") {
		t.Error(text)
	}
	f.set("s", "k2", "new")
	f.expect("s=ok")
	if f.log.end[0] != 11 {
		t.Errorf("log end %d", f.log.end[0])
	}
}

// An error that may pass fails the load, which is tried again. No record is left out.
func TestLoadPassesOverNothingForAnErrorThatMayPass(t *testing.T) {
	for _, err := range []error{protocol.ErrKafkaStorageError, syscall.EMFILE, protocol.ErrCorruptMessage} {
		f := filled(t)
		f.log.unread, f.log.unreadFrom = err, 4
		f.load()
		f.get("r", "k1")
		f.expect("r!COORDINATOR_LOAD_IN_PROGRESS")
		f.log.unread = nil
		f.retry()
		if got := f.keys(); got != "0 1 2 3 4 5 6 7 8 9" {
			t.Errorf("%v: %q", err, got)
		}
	}
}

// The records of a batch cannot be decoded although its checksum is right. The records before them
// and the other batches count.
func TestLoadPassesOverRecordsThatCannotBeDecoded(t *testing.T) {
	f := filled(t)
	f.log.hold = true // two batches: the second has the records of several commands
	for i := range 10 {
		f.log.hold = true
		if i == 0 {
			f.load()
		}
		f.set("s", fmt.Sprint("k", i), fmt.Sprint("new", i))
	}
	f.log.release()
	f.a.take()
	f.rt.UnloadAll()
	b := f.log.batches[0][11]
	if b.Count() != 9 {
		t.Fatalf("%d records", b.Count())
	}
	at := strings.Index(string(b), "k5")
	b[at-1] = 0x7f // the length of the key
	binary.BigEndian.PutUint32(b[17:], crc32.Checksum(b[21:], crc32.MakeTable(crc32.Castagnoli)))
	if err := b.Validate(); err != nil {
		t.Fatal(err)
	}
	out := f.logged()
	f.load()
	if got := f.keys(); got != "new0 new1 new2 new3 new4 5 6 7 8 9" {
		t.Errorf("%q", got)
	}
	if text := out.String(); strings.Count(text, "\n") != 1 || !strings.Contains(text, "level=ERROR") || !strings.Contains(text, "offsets=15-19 ranges=1") {
		t.Error(text)
	}
}

// Records that the core does not understand have one line with the first offset.
func TestLoadSkipsRecordsOfUnknownContent(t *testing.T) {
	f := newFixture(t).load()
	for _, key := range []string{"k0", "bad1", "k1", "bad2"} {
		f.set("s", key, "x")
	}
	f.a.take()
	f.rt.UnloadAll()
	out := f.logged()
	f.load()
	if got := strings.Fields(f.keys()); len(got) != 2 {
		t.Errorf("%q", got)
	}
	if text := out.String(); strings.Count(text, "\n") != 1 || !strings.Contains(text, "level=WARN") || !strings.Contains(text, "count=2 offset=1") {
		t.Error(text)
	}
}

// Records of an unknown type, with a key or a value that cannot be decoded, or without a key do not
// end the load of a partition, and its groups keep their offsets. Apache Kafka skips only the
// unknown types.
func TestGroupsKeepTheirOffsetsBesideUnknownRecords(t *testing.T) {
	g := newGroups()
	p := g.PartitionFor("g")
	group.OffsetCommit.Call(g, shard.Request{Version: 8}, commitOne("g", "t", 7), func(*protocol.OffsetCommitResponse) {})
	key := slices.Clone(firstRecord(t, g.log.batches[p][0]).Key)
	g.UnloadAll()
	for _, r := range [][2][]byte{
		{{0, 99, 1}, {0, 0}},                 // unknown type
		{{0, 1, 0, 50, 'x'}, {0, 3}},         // key
		{key, {0, 3, 1}},                     // value
		{key, {0, 99, 1, 1, 1, 1}},           // version of the value
		{{0}, {}}, {nil, {0, 3}}, {key, {1}}, // too short
	} {
		b := record.NewBuilder(record.BuilderOptions{BaseOffset: g.log.end[p]})
		if err := b.Append(g.log.end[p], 1, r[0], r[1], nil); err != nil {
			t.Fatal(err)
		}
		batch, err := b.Bytes()
		if err != nil {
			t.Fatal(err)
		}
		g.log.batches[p] = append(g.log.batches[p], slices.Clone(batch))
		g.log.end[p]++
	}
	var out strings.Builder
	g.opts.Logger = slog.New(slog.NewTextHandler(&out, nil))
	g.loadAll()
	if at := g.offset("g", "t"); at != 7 {
		t.Errorf("offset %d", at)
	}
	if text := out.String(); strings.Count(text, "\n") != 1 || !strings.Contains(text, "count=7 offset=1") {
		t.Error(text)
	}
}

func firstRecord(t *testing.T, b record.Batch) record.Record {
	t.Helper()
	var r record.Reader
	if r.Reset(b, record.Limits{}); !r.Next() {
		t.Fatal(r.Err())
	}
	return r.Record()
}
