package group

import (
	"cmp"
	"encoding/binary"
	"maps"
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"

	"github.com/gregorhq/gregor/internal/protocol"
	"github.com/gregorhq/gregor/internal/protocol/grouprecord"
	"github.com/gregorhq/gregor/internal/protocol/protocoltest"
	"github.com/gregorhq/gregor/internal/shard"
	"github.com/gregorhq/gregor/internal/testkit"
)

// entry is a record of a fuzzed log, or the end of a transaction.
type entry struct {
	shard.Stored
	end, commit bool
}

// Flags of an entry: the producer id in the two lowest bits, 0 for none.
const (
	flagProducer  = 3
	flagTombstone = 4
	flagEnd       = 8
	flagCommit    = 16
)

// entries splits any bytes into records: flags, length of the key, key, length of the value, value.
func entries(b []byte) (log []entry) {
	take := func() []byte {
		if len(b) < 2 {
			b = nil
			return nil
		}
		n := min(int(binary.BigEndian.Uint16(b)), len(b)-2)
		taken := b[2 : 2+n : 2+n]
		b = b[2+n:]
		return taken
	}
	for len(b) > 0 {
		flags := b[0]
		b = b[1:]
		e := entry{Stored: shard.Stored{Offset: int64(len(log)), Timestamp: 1000, ProducerID: int64(flags&flagProducer) - 1, ProducerEpoch: -1}}
		if e.end, e.commit = flags&flagEnd != 0, flags&flagCommit != 0; !e.end {
			e.Key = take()
			if flags&flagTombstone == 0 {
				e.Value = take()
			}
		}
		log = append(log, e)
	}
	return log
}

func appendEntry(b []byte, flags byte, key, value []byte) []byte {
	b = append(b, flags)
	if flags&flagEnd != 0 {
		return b
	}
	b = binary.BigEndian.AppendUint16(b, uint16(len(key)))
	b = append(b, key...)
	if flags&flagTombstone == 0 {
		b = binary.BigEndian.AppendUint16(b, uint16(len(value)))
		b = append(b, value...)
	}
	return b
}

// samples are logs with a record of every kind and version, random ones and plausible ones.
func samples() (logs [][]byte) {
	rnd := rand.New(rand.NewPCG(3, 4))
	var all []byte
	for i, m := range grouprecord.All() {
		key, value := grouprecord.NewKey(m.APIKey()), grouprecord.NewValue(m.APIKey())
		if value == nil || i%2 == 1 { // keys and values are listed in turn
			continue
		}
		protocoltest.Fill(rnd, reflect.ValueOf(key).Elem(), 0)
		k := must(grouprecord.EncodeKey(key))
		for v := value.MinVersion(); v <= value.MaxVersion(); v++ {
			protocoltest.Fill(rnd, reflect.ValueOf(value).Elem(), v)
			one := appendEntry(nil, 0, k, must(grouprecord.EncodeValue(value, v)))
			logs = append(logs, one, appendEntry(slices.Clone(one), flagTombstone, k, nil))
			all = append(all, one...)
		}
	}
	d := newDriver(DefaultConfig())
	g := newGroup("g", 1000)
	g.state, g.generation, g.protocolType, g.protocol = Stable, 3, consumerProtocol, strPtrOrNil("range")
	for i, id := range []string{"m1", "m2", "m3"} {
		m := &member{id: id, client: Client{ID: "c", Host: "/h"}, rebalanceTimeoutMs: 500, sessionTimeoutMs: 400, protocolType: consumerProtocol,
			protocols: []supported{{"range", []byte{0, 1, 0, 0, 0, 1, 0, 1, 't', 0xff, 0xff, 0xff, 0xff}}}, assignment: []byte{byte(i)}}
		if i > 0 {
			m.instanceID = &m.client.ID // two of one instance: damage
		}
		g.add(m)
	}
	var log []byte
	for _, r := range []shard.Record{groupRecord(g, nil), offsetRecord("g", "t", 0, committed{offset: 5, expireAt: -1}), offsetRecord("h", "t", 1, committed{offset: 6, expireAt: 900})} {
		log = appendEntry(log, 0, r.Key, r.Value)
	}
	r := offsetRecord("g", "t", 0, committed{offset: 7, expireAt: -1})
	log = appendEntry(appendEntry(log, 2, r.Key, r.Value), 2|flagEnd|flagCommit, nil, nil)
	return append(logs, all, d.ownLog(log))
}

// ownLog lets a member join the group of a log and adds what the coordinator writes.
func (d *driver) ownLog(log []byte) []byte {
	d.quiet = true
	join := protocol.New[protocol.JoinGroupRequest]()
	join.GroupID, join.SessionTimeoutMs, join.ProtocolType = "new", 10_000, consumerProtocol
	join.Protocols = []protocol.JoinGroupRequestRequestProtocol{{Name: "range"}}
	d.do(d.s.Join(d.now, Join{Version: 3, Request: join, MemberUUID: "u", To: d.waiter("j")}))
	d.advance(d.now + 100_000)
	for _, r := range d.log {
		log = appendEntry(log, 0, r.Key, r.Value)
	}
	return log
}

func replayEntries(log []entry) *Shard {
	s := New(DefaultConfig)
	for _, e := range log {
		if e.end {
			s.ReplayEndTxn(e.ProducerID, 0, e.commit)
		} else {
			_ = s.Replay(e.Stored) // the engine logs it and goes on
		}
	}
	return s
}

// FuzzLog: whatever the log of a partition holds, its coordinator comes up with a state that keeps
// its own rules, serves every group in it, ends the sessions of members that are gone, and can read
// what it has written meanwhile.
func FuzzLog(f *testing.F) {
	for _, log := range samples() {
		f.Add(log)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		testkit.Bounded(t)
		log := entries(b)
		// A decode may have 32 KiB beyond 8 times its bytes; what stays in memory of many small
		// members is more than their bytes.
		testkit.Cost(t, 8*len(b), (len(log)+1)*(34<<10), func() { replayEntries(log) })
		k := newChecker()
		d := newDriver(DefaultConfig())
		d.quiet, d.s = true, replayEntries(log)
		settled := func(when string) {
			t.Helper()
			if k.invariants(d.s); k.err != nil {
				t.Fatalf("%s: %v", when, k.err)
			}
		}
		d.s.prune()
		settled("replayed")
		d.do(d.s.Loaded(d.now))
		settled("loaded")
		serveAll(t, d)
		settled("after requests")
		d.finish(t, d.now+3_600_000)
		settled("after an hour")
		d.answer(d.s.Unloaded().Replies)
		if d.replies != d.waiting {
			t.Fatalf("%d requests, %d answers", d.waiting, d.replies)
		}
		replayed(DefaultConfig, d.log)
	})
}

// serveAll asks for every group what can be asked.
func serveAll(t *testing.T, d *driver) {
	for _, listed := range d.s.List(nil, nil, nil) {
		id := listed.GroupID
		d.do(d.s.Describe(6, id, d.waiter("describe")))
		for _, stable := range []bool{false, true} {
			d.do(d.s.FetchOffsets(stable, &protocol.OffsetFetchRequestRequestGroup{GroupID: id, MemberEpoch: -1}, d.waiter("fetch")))
		}
		if g := d.s.groups[id]; g != nil && len(g.members) > 0 {
			m := g.members[0]
			d.do(d.s.Heartbeat(d.now, &protocol.HeartbeatRequest{GroupID: id, MemberID: m.id, GenerationID: g.generation, GroupInstanceID: m.instanceID}, d.waiter("heartbeat")))
		}
		for _, instance := range []*string{nil, strPtrOrNil("i")} {
			join := protocol.New[protocol.JoinGroupRequest]()
			join.GroupID, join.GroupInstanceID, join.ProtocolType, join.SessionTimeoutMs, join.RebalanceTimeoutMs = id, instance, consumerProtocol, 10_000, 10_000
			join.Protocols = []protocol.JoinGroupRequestRequestProtocol{{Name: "range"}}
			d.uuids++
			d.do(d.s.Join(d.now, Join{Version: 3, Request: join, MemberUUID: string(rune('a' + d.uuids)), To: d.waiter("join")}))
		}
	}
}

// finish is advance that fails when timers fire without end.
func (d *driver) finish(t *testing.T, to int64) {
	for fired := 0; ; fired++ {
		var next *shard.TimerKey
		for _, key := range slices.SortedFunc(maps.Keys(d.timers), func(a, b shard.TimerKey) int {
			return cmp.Or(cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Name, b.Name), cmp.Compare(a.Part, b.Part))
		}) {
			if at := d.timers[key]; at <= to && (next == nil || at < d.timers[*next]) {
				next = &key
			}
		}
		if next == nil {
			break
		}
		if fired > 5_000 {
			t.Fatalf("timer %+v fires again and again, at %d", *next, d.now)
		}
		d.now = max(d.now, d.timers[*next])
		delete(d.timers, *next)
		d.do(d.s.Fire(d.now, *next))
	}
	d.now = to
}
