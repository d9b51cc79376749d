package handlers

import (
	"fmt"
	"reflect"
	"strings"
	"testing"

	"github.com/gregorhq/gregor/internal/fetchsession"
	"github.com/gregorhq/gregor/internal/protocol"
	"github.com/gregorhq/gregor/internal/protocol/wire"
)

// Merging refused topics into the answer takes work that grows with the request and not with its
// square. It once took minutes for 100,000 topics, on the goroutine of the coordinator.
func TestMergingManyRefusedTopics(t *testing.T) {
	type topic struct {
		name       string
		partitions []int
	}
	const n = 10_000
	answered := []topic{{name: "there", partitions: make([]int, 1)}}
	refused := []topic{{name: "there", partitions: make([]int, 1)}}
	for i := range n {
		refused = append(refused, topic{fmt.Sprint(i / 2), make([]int, 1)})
	}
	looks := 0
	all := mergeTopics(answered, refused, func(t *topic) string { looks++; return t.name }, func(t *topic) *[]int { looks++; return &t.partitions })
	if len(all) != 1+n/2 || all[0].name != "there" || all[1].name != "0" {
		t.Errorf("%d topics", len(all))
	}
	for _, one := range all {
		if len(one.partitions) != 2 {
			t.Errorf("%s: %d partitions", one.name, len(one.partitions))
		}
	}
	if looks > 3*(n+2) {
		t.Errorf("%d topics are looked at %d times", n, looks)
	}
}

func TestFetchedPartitionsStandOnce(t *testing.T) {
	f := &fetchCall{req: &protocol.FetchRequest{SessionEpoch: -1}}
	for i, p := range []int32{4, 5, 4, 6, 5, 4} {
		f.session.Parts = append(f.session.Parts, fetchsession.Part{Key: fetchsession.Key{Topic: "t", Partition: p}, Fetch: fetchsession.Fetch{Offset: int64(i)}})
	}
	f.eachOnce()
	got := ""
	for _, p := range f.session.Parts {
		got += fmt.Sprintf("%d at %d, ", p.Key.Partition, p.Fetch.Offset)
	}
	if got != "4 at 5, 5 at 4, 6 at 3, " {
		t.Error(got)
	}
	if len(f.seen) != 0 {
		t.Error("the next request would find what this one left")
	}
}

func TestOffsetsBeyondTheAllowanceAreRefused(t *testing.T) {
	metadata := strings.Repeat("m", 4096)
	one := func(n int) *protocol.OffsetFetchResponseResponseGroup {
		parts := make([]protocol.OffsetFetchResponseResponsePartitions, n)
		for i := range parts {
			parts[i].Metadata = &metadata
		}
		return &protocol.OffsetFetchResponseResponseGroup{GroupID: "g", Topics: []protocol.OffsetFetchResponseResponseTopics{{Partitions: parts}}}
	}
	left := newAllowance()
	if r := withinAllowance(left, one(10)); r.ErrorCode != 0 {
		t.Error("a small answer was refused")
	}
	if r := withinAllowance(left, one(100_000)); r.ErrorCode != tooMuch.Code() || r.Topics != nil || r.GroupID != "g" {
		t.Error("an answer has 400 MiB about one partition that is named 100,000 times")
	}
	for range 4 {
		withinAllowance(left, one(10_000))
	}
	if r := withinAllowance(left, one(1)); r.ErrorCode != tooMuch.Code() {
		t.Error("many groups together are not bounded")
	}
}

func TestViewsAreFound(t *testing.T) {
	for _, a := range protocol.APIs() {
		want := false
		for _, key := range []int16{protocol.KeyProduce, protocol.KeyJoinGroup, protocol.KeySyncGroup} {
			want = want || a.Key == key
		}
		switch a.Key {
		case protocol.KeyMetadata, protocol.KeyFetch, protocol.KeyOffsetCommit, protocol.KeyCreateTopics, protocol.KeyProduce, protocol.KeyJoinGroup, protocol.KeySyncGroup:
			if got := holdsViews(reflect.TypeOf(protocol.NewRequest(a.Key))); got != want {
				t.Errorf("%s: views into the frame: %v", protocol.Name(a.Key), got)
			}
		}
	}
}

func TestElementsOfARequestAreBounded(t *testing.T) {
	m := protocol.New[protocol.OffsetCommitRequest]()
	for range 3 {
		m.Topics = append(m.Topics, protocol.OffsetCommitRequestRequestTopic{Partitions: make([]protocol.OffsetCommitRequestRequestPartition, maxElements/3)})
	}
	for want, n := range map[bool]int{true: 2, false: 3} {
		var w wire.Writer
		m.Topics = m.Topics[:n]
		m.Encode(&w, 8)
		r := wire.NewReader(w.Buf)
		r.LimitElements(maxElements)
		if err := new(protocol.OffsetCommitRequest).DecodeFrom(&r, 8); (err == nil) != want {
			t.Errorf("%d elements: %v", n*(maxElements/3+1), err)
		}
		m.Topics = m.Topics[:3]
	}
}
