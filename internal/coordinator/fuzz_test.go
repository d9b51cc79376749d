package coordinator

import (
	"slices"
	"testing"

	"github.com/gregorhq/gregor/internal/group"
	"github.com/gregorhq/gregor/internal/protocol"
	"github.com/gregorhq/gregor/internal/shard"
	"github.com/gregorhq/gregor/internal/testkit"
	"github.com/gregorhq/gregor/record"
)

// rawLog is a log of one partition whose bytes are whatever they are.
type rawLog struct {
	*memLog
	raw []byte
	end int64
}

func (l *rawLog) Bounds(int32) (int64, int64, int64, error) { return 0, l.end, l.end, nil }

// Read gives what follows the batches that end before from, as storage does.
func (l *rawLog) Read(_ int32, from int64, maxBytes int) ([]byte, int64, string, error) {
	rest := l.raw
	for len(rest) > 0 {
		b, tail, err := record.Next(rest)
		if err != nil || b.LastOffset() >= from {
			break
		}
		rest = tail
	}
	return slices.Clone(rest[:min(len(rest), maxBytes)]), 0, "", nil
}

// groupLog is what a coordinator writes for a group with a member and offsets.
func groupLog(f *testing.F) (batches []record.Batch, end int64) {
	g := newGroups()
	id := g.stable(new(testing.T))
	for i := range 3 {
		c := commitOne("g", "t", int64(i))
		c.MemberID, c.GenerationIDOrMemberEpoch = id, 1
		group.OffsetCommit.Call(g, shard.Request{Version: 8}, c, func(*protocol.OffsetCommitResponse) {})
	}
	p := g.PartitionFor("g")
	if len(g.log.batches[p]) < 3 {
		f.Fatal("no log")
	}
	return g.log.batches[p], g.log.end[p]
}

// FuzzLoad: whatever the bytes of a coordinator's log, loading ends, with a state that serves or as
// a failure that is answered, and costs no more than its bytes may.
func FuzzLoad(f *testing.F) {
	batches, end := groupLog(f)
	var all []byte
	for _, b := range batches {
		all = append(all, b...)
	}
	f.Add(all, end)
	f.Add(all, end+5)
	f.Add(all[:len(all)-3], end)
	f.Add(append(slices.Clone(all), all...), end)
	for codec := record.Gzip; codec <= record.Zstd; codec++ {
		packed, err := record.Recompress(nil, batches[0], codec, record.DefaultLevel, record.Limits{})
		if err != nil {
			f.Fatal(err)
		}
		f.Add(packed, int64(1))
	}
	marker := record.EndTxnMarker{Commit: true}.Build(7, 1000, 0, 1, 1)
	txn := slices.Clone([]byte(batches[len(batches)-1]))
	txn[22] |= 1 << 4
	f.Add(append(txn, marker...), int64(8))
	last := slices.Clone(batches[0])
	last.SetBaseOffset(1<<63 - 1)
	f.Add([]byte(last), end)
	f.Fuzz(func(t *testing.T, raw []byte, end int64) {
		testkit.Bounded(t)
		log := &rawLog{newMemLog(), raw, end}
		testkit.Memory(t, 8*len(raw), 3*record.DefaultMaxDecompressed, func() { loadRaw(t, log) })
	})
}

func loadRaw(t *testing.T, log *rawLog) {
	m := newManual(1000)
	g := newGroupsOver(log, m, 1)
	g.Load(0, 1)
	m.run()
	asked, answered := 0, 0
	var names []string
	asked++
	group.ListGroups(g, &protocol.ListGroupsRequest{}, func(r *protocol.ListGroupsResponse) {
		answered++
		for _, l := range r.Groups {
			names = append(names, l.GroupID)
		}
	})
	for _, name := range append(names, "g") {
		asked += 3
		group.DescribeGroup.Call(g, shard.Request{Version: 6}, name, func(*protocol.DescribeGroupsResponseDescribedGroup) { answered++ })
		group.OffsetFetch.Call(g, shard.Request{}, group.OffsetFetchGroup{RequireStable: true, OffsetFetchRequestRequestGroup: &protocol.OffsetFetchRequestRequestGroup{GroupID: name, MemberEpoch: -1}}, func(*protocol.OffsetFetchResponseResponseGroup) { answered++ })
		group.OffsetCommit.Call(g, shard.Request{Version: 8}, commitOne(name, "t", 1), func(*protocol.OffsetCommitResponse) { answered++ })
	}
	g.UnloadAll()
	if answered != asked {
		t.Fatalf("%d requests, %d answers", asked, answered)
	}
}
