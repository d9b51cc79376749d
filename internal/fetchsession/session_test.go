package fetchsession

import (
	"fmt"
	"strings"
	"testing"
)

// client drives a cache as one consumer would.
type client struct {
	t     *testing.T
	cache *Cache
	x     Context
	ids   int32
}

func newClient(t *testing.T, slots int) *client {
	return &client{t: t, cache: NewCache(slots, 120_000)}
}

func (c *client) newID() int32 {
	c.ids++
	return c.ids
}

func key(p int32) Key { return Key{Topic: "t", Partition: p} }

// fetch runs one request. Partitions listed as changed have size bytes in this round; it returns
// the session id and which partitions were read and answered.
func (c *client) fetch(nowMs int64, r Request, listed []int32, answer func(*Part)) (id int32, o Outcome, read, told string) {
	c.x.Reset()
	for _, p := range listed {
		c.x.Parts = append(c.x.Parts, Part{Key: key(p), Fetch: Fetch{MaxBytes: 100}})
	}
	if o = c.cache.Begin(nowMs, r, &c.x); o != OK {
		return 0, o, "", ""
	}
	var asked, included []string
	for i := range c.x.Parts {
		asked = append(asked, fmt.Sprint(c.x.Parts[i].Key.Partition))
		if answer != nil {
			answer(&c.x.Parts[i])
		}
	}
	id, o = c.cache.Finish(nowMs, &c.x, c.newID)
	for i := range c.x.Parts {
		if c.x.Parts[i].Include {
			included = append(included, fmt.Sprint(c.x.Parts[i].Key.Partition))
		}
	}
	return id, o, strings.Join(asked, " "), strings.Join(included, " ")
}

// want runs a request that must succeed.
func (c *client) want(r Request, listed []int32, answer func(*Part), wantID int32, wantRead, wantTold string) {
	c.t.Helper()
	id, o, read, told := c.fetch(0, r, listed, answer)
	if o != OK || id != wantID || read != wantRead || told != wantTold {
		c.t.Fatalf("session %d epoch %d: id %d outcome %d read [%s] told [%s], want id %d [%s] [%s]",
			r.SessionID, r.Epoch, id, o, read, told, wantID, wantRead, wantTold)
	}
}

// withData gives some partitions data.
func withData(partitions ...int32) func(*Part) {
	return func(p *Part) {
		for _, with := range partitions {
			if p.Key.Partition == with {
				p.Size = 10
			}
		}
	}
}

func TestSessionless(t *testing.T) {
	c := newClient(t, 10)
	// Session id -1 is sent by clients, too.
	for _, id := range []int32{0, -1, 99} {
		c.want(Request{SessionID: id, Epoch: FinalEpoch}, []int32{0, 1}, nil, 0, "0 1", "0 1")
	}
	if c.cache.Len() != 0 {
		t.Fatal("a session was made")
	}
}

func TestIncremental(t *testing.T) {
	c := newClient(t, 10)
	c.want(Request{}, []int32{0, 1, 2}, nil, 1, "0 1 2", "0 1 2")
	c.want(Request{SessionID: 1, Epoch: 1}, nil, nil, 1, "0 1 2", "")
	// A partition with data is in the answer and moves to the end, so that the others come
	// first next time.
	c.want(Request{SessionID: 1, Epoch: 2}, nil, withData(0), 1, "0 1 2", "0")
	c.want(Request{SessionID: 1, Epoch: 3}, nil, nil, 1, "1 2 0", "")
	// A new high watermark, a new log start offset or an error puts a partition into the
	// answer. After an error it is also in the next answer.
	c.want(Request{SessionID: 1, Epoch: 4}, nil, func(p *Part) { p.HighWatermark = int64(p.Key.Partition) }, 1, "1 2 0", "1 2")
	same := func(p *Part) { p.HighWatermark = int64(p.Key.Partition) }
	c.want(Request{SessionID: 1, Epoch: 5}, nil, same, 1, "1 2 0", "")
	c.want(Request{SessionID: 1, Epoch: 6}, nil, func(p *Part) { same(p); p.Failed = p.Key.Partition == 2 }, 1, "1 2 0", "2")
	c.want(Request{SessionID: 1, Epoch: 7}, nil, same, 1, "1 2 0", "2")
	c.want(Request{SessionID: 1, Epoch: 8}, nil, func(p *Part) { same(p); p.Force = p.Key.Partition == 1 }, 1, "1 2 0", "1")
	c.want(Request{SessionID: 1, Epoch: 9}, nil, func(p *Part) { same(p); p.LogStartOffset = int64(p.Key.Partition) / 2 }, 1, "1 2 0", "2")
}

func TestPartitionsComeAndGo(t *testing.T) {
	c := newClient(t, 10)
	c.want(Request{}, []int32{0, 1}, nil, 1, "0 1", "0 1")
	c.want(Request{SessionID: 1, Epoch: 1, Forgotten: []Key{key(0), key(7)}}, []int32{2}, nil, 1, "1 2", "2")
	// A partition that was removed and added again is in the answer.
	c.want(Request{SessionID: 1, Epoch: 2}, []int32{0}, nil, 1, "1 2 0", "0")
	// Listing a known partition changes where it is read.
	c.x.Reset()
	c.x.Parts = append(c.x.Parts, Part{Key: key(1), Fetch: Fetch{Offset: 42}})
	if o := c.cache.Begin(0, Request{SessionID: 1, Epoch: 3}, &c.x); o != OK || c.x.Parts[0].Fetch.Offset != 42 {
		t.Fatalf("%v %+v", o, c.x.Parts)
	}
	if c.cache.Partitions() != 3 {
		t.Fatalf("%d partitions are counted", c.cache.Partitions())
	}
	// Without partitions there is no session.
	c.want(Request{SessionID: 1, Epoch: 4, Forgotten: []Key{key(0), key(1), key(2)}}, nil, nil, 0, "", "")
	if c.cache.Len()+c.cache.Partitions() != 0 {
		t.Fatal("an empty session stays")
	}
}

func TestErrors(t *testing.T) {
	c := newClient(t, 10)
	c.want(Request{}, []int32{0}, nil, 1, "0", "0")
	for _, w := range []struct {
		r    Request
		want Outcome
	}{
		{Request{SessionID: 5, Epoch: 1}, SessionNotFound},
		{Request{SessionID: 0, Epoch: 1}, SessionNotFound},
		{Request{SessionID: 1, Epoch: 2}, InvalidEpoch},
		{Request{SessionID: 1, Epoch: 1, UsesTopicIDs: true}, TopicIDMismatch},
		{Request{SessionID: 1, Epoch: 1}, OK},
		{Request{SessionID: 1, Epoch: 1}, InvalidEpoch},
	} {
		if _, o, _, _ := c.fetch(0, w.r, nil, nil); o != w.want {
			t.Fatalf("%+v: %d, want %d", w.r, o, w.want)
		}
	}
	// A full request ends the session that it names.
	c.want(Request{SessionID: 1, Epoch: InitialEpoch}, []int32{3}, nil, 2, "3", "3")
	if _, o, _, _ := c.fetch(0, Request{SessionID: 1, Epoch: 2}, nil, nil); o != SessionNotFound {
		t.Fatal("the old session lives")
	}
	c.want(Request{SessionID: 2, Epoch: FinalEpoch}, []int32{3}, nil, 0, "3", "3")
	if c.cache.Len() != 0 {
		t.Fatal("epoch -1 did not end the session")
	}
}

func TestAnotherRequestOvertakes(t *testing.T) {
	c := newClient(t, 10)
	c.want(Request{}, []int32{0}, nil, 1, "0", "0")
	var slow Context
	if o := c.cache.Begin(0, Request{SessionID: 1, Epoch: 1}, &slow); o != OK {
		t.Fatal(o)
	}
	c.want(Request{SessionID: 1, Epoch: 2}, nil, nil, 1, "0", "")
	if id, o := c.cache.Finish(0, &slow, c.newID); id != 1 || o != InvalidEpoch {
		t.Fatalf("id %d outcome %d", id, o)
	}
}

func TestEpochWrapsPastTheSpecialOnes(t *testing.T) {
	if NextEpoch(0) != 1 || NextEpoch(1<<31-1) != 1 || NextEpoch(-1) != -1 {
		t.Fatal("epochs")
	}
}

func TestEviction(t *testing.T) {
	open := func(c *client, nowMs int64, privileged bool, partitions int) int32 {
		var listed []int32
		for p := range partitions {
			listed = append(listed, int32(p))
		}
		id, _, _, _ := c.fetch(nowMs, Request{Privileged: privileged}, listed, nil)
		return id
	}
	c := newClient(t, 2)
	open(c, 0, false, 2)
	open(c, 0, false, 3)
	// A new session evicts no young one, however large it is.
	if id := open(c, 1000, false, 100); id != 0 || c.cache.Len() != 2 {
		t.Fatalf("got session %d of %d", id, c.cache.Len())
	}
	// A follower may evict a consumer, the smaller one first.
	if id := open(c, 1000, true, 1); id == 0 || c.cache.sessions[1] != nil || c.cache.sessions[2] == nil {
		t.Fatal("a follower found no room")
	}
	// A session that was not used for two minutes is evicted.
	if id := open(c, 120_001, false, 1); id == 0 || c.cache.sessions[2] != nil {
		t.Fatal("the stale session stayed")
	}
	if c.cache.Evicted() != 2 || c.cache.Partitions() != 2 {
		t.Fatalf("evicted %d, partitions %d", c.cache.Evicted(), c.cache.Partitions())
	}
	// An old session that is still used is evicted for a larger one, not for a smaller one.
	old := newClient(t, 1)
	open(old, 0, false, 5)
	for ms := int64(60_000); ms <= 180_000; ms += 60_000 {
		old.fetch(ms, Request{SessionID: 1, Epoch: int32(ms / 60_000)}, nil, nil)
	}
	if open(old, 180_001, false, 4) != 0 {
		t.Fatal("a smaller session pushed out a larger one")
	}
	if open(old, 180_001, false, 6) == 0 {
		t.Fatal("a larger session found no room")
	}
	if none := newClient(t, 0); open(none, 0, true, 1) != 0 {
		t.Fatal("no slots, but a session")
	}
}

// A client that lists more partitions than all sessions together may have gets an answer without a
// session. A client whose session grows beyond that must send a full request.
func TestPartitionsOfAllSessionsAreBounded(t *testing.T) {
	cache := NewCache(1000, 120_000)
	cache.partitionsMax = 3000
	ids := int32(0)
	newID := func() int32 { ids++; return ids }
	ask := func(nowMs int64, r Request, from, n int) (int32, Outcome) {
		var x Context
		for i := range n {
			x.Parts = append(x.Parts, Part{Key: key(int32(from + i))})
		}
		if o := cache.Begin(nowMs, r, &x); o != OK {
			return 0, o
		}
		return cache.Finish(nowMs, &x, newID)
	}
	const third = 999
	var sessions []int32
	for i := range 4 {
		id, o := ask(0, Request{Epoch: InitialEpoch}, 0, third)
		if o != OK || (id == InvalidSessionID) != (i == 3) {
			t.Fatalf("session %d: id %d, %v", i, id, o)
		}
		sessions = append(sessions, id)
	}
	if id, o := ask(1, Request{Epoch: InitialEpoch}, 0, 1); id == InvalidSessionID || o != OK {
		t.Errorf("a small session found no room: id %d, %v", id, o)
	}
	if _, o := ask(2, Request{SessionID: sessions[0], Epoch: 1}, third, third); o != SessionNotFound {
		t.Errorf("a session that grew beyond the bound: %v", o)
	}
	if cache.Len() != 3 || cache.Partitions() != 2*third+1 {
		t.Errorf("%d sessions with %d partitions", cache.Len(), cache.Partitions())
	}
	if id, o := ask(200_000, Request{Epoch: InitialEpoch}, 0, third); id == InvalidSessionID || o != OK || cache.Partitions() > cache.partitionsMax {
		t.Errorf("stale sessions stay: id %d, %v", id, o)
	}
}
