package fetcher_test

import (
	"testing"

	"github.com/gregorhq/gregor/internal/fetcher"
	"github.com/gregorhq/gregor/internal/protocol"
)

func TestTruncateTo(t *testing.T) {
	none := fetcher.EpochEnd{Epoch: -1, EndOffset: -1}
	for _, c := range []struct {
		leader fetcher.EpochEnd
		end    int64
		own    fetcher.EpochEnd
		want   int64
	}{
		{fetcher.EpochEnd{Epoch: 3, EndOffset: 10}, 20, fetcher.EpochEnd{Epoch: 3, EndOffset: 15}, 10},
		{fetcher.EpochEnd{Epoch: 3, EndOffset: 10}, 20, fetcher.EpochEnd{Epoch: 3, EndOffset: 8}, 8},
		{fetcher.EpochEnd{Epoch: 3, EndOffset: 10}, 20, fetcher.EpochEnd{Epoch: 2, EndOffset: 12}, 12},
		{fetcher.EpochEnd{Epoch: 3, EndOffset: 10}, 20, none, 10},
		{fetcher.EpochEnd{Epoch: 3, EndOffset: 30}, 20, none, 20},
		{fetcher.EpochEnd{Epoch: -1, EndOffset: 10}, 20, fetcher.EpochEnd{Epoch: 2, EndOffset: 12}, 10},
	} {
		if got := fetcher.TruncateTo(c.leader, c.end, c.own); got != c.want {
			t.Errorf("%+v: %d", c, got)
		}
	}
}

// A truncation that changes nothing is not repeated at once.
func TestTruncationWithoutEffectPauses(t *testing.T) {
	x := newBench(t, a)
	resp := oneAnswer(5, a, 0, 0, nil)
	resp.Responses[0].Partitions[0].DivergingEpoch = protocol.FetchResponseEpochEndOffset{Epoch: 0, EndOffset: 4}
	fx := x.step(fetcher.Answer{ID: x.flying.ID, Response: resp})
	if len(fx.Truncate) != 1 || fx.Truncate[0].By != (fetcher.EpochEnd{Epoch: 0, EndOffset: 4}) {
		t.Fatalf("%+v", fx.Truncate)
	}
	x.step(&fetcher.Applied{Results: []fetcher.Result{{Key: a, HighWatermark: -1, Position: fetcher.Position{LastEpoch: 0}}}})
	if x.fx.Fetch != nil || x.f.Deadline() != x.now+10 {
		t.Errorf("%+v at %d", x.fx.Fetch, x.f.Deadline())
	}
}

func TestOffsetOutOfRange(t *testing.T) {
	offsets := func(k fetcher.Key, offset int64, code protocol.Error) *protocol.ListOffsetsResponse {
		p := protocol.ListOffsetsResponsePartitionResponse{PartitionIndex: k.Index, Offset: offset, ErrorCode: code.Code()}
		return &protocol.ListOffsetsResponse{Topics: []protocol.ListOffsetsResponseTopicResponse{{Name: nameOf(indexOf(k)), Partitions: []protocol.ListOffsetsResponsePartitionResponse{p}}}}
	}
	begin := func() *bench {
		x := newBench(t, a, b)
		x.step(fetcher.Answer{ID: x.flying.ID, Response: oneAnswer(5, a, 0, 0, []byte("12345"))})
		x.applyAll(5)
		fx := x.refuse(a, protocol.ErrOffsetOutOfRange)
		if fx.Query == nil || fx.Query.Request.Topics[0].Partitions[0].Timestamp != -1 || fx.Fetch == nil || !forgets(fx.Fetch, a) {
			t.Fatalf("%+v", fx)
		}
		return x
	}
	// The leader ends below the follower.
	x := begin()
	if fx := x.step(fetcher.Offsets{ID: x.fx.Query.ID, Response: offsets(a, 3, 0)}); len(fx.Truncate) != 1 || fx.Truncate[0].By != (fetcher.EpochEnd{Epoch: -1, EndOffset: 3}) {
		t.Fatalf("%+v", fx)
	}
	if fx := x.step(&fetcher.Applied{Results: []fetcher.Result{{Key: a, HighWatermark: -1, Position: fetcher.Position{End: 3}}}}); fx.Fetch == nil {
		t.Error("not fetched after the truncation")
	} else if at, _ := names(fx.Fetch, a); at != 3 {
		t.Errorf("fetched from %d", at)
	}
	// The leader begins above the follower's end.
	x = begin()
	fx := x.step(fetcher.Offsets{ID: x.fx.Query.ID, Response: offsets(a, 100, 0)})
	if fx.Query == nil || fx.Query.Request.Topics[0].Partitions[0].Timestamp != -2 {
		t.Fatalf("%+v", fx)
	}
	if fx = x.step(fetcher.Offsets{ID: fx.Query.ID, Response: offsets(a, 50, 0)}); len(fx.Restart) != 1 || fx.Restart[0].Offset != 50 {
		t.Fatalf("%+v", fx)
	}
	// The range holds the follower's end by now.
	x = begin()
	fx = x.step(fetcher.Offsets{ID: x.fx.Query.ID, Response: offsets(a, 100, 0)})
	if fx = x.step(fetcher.Offsets{ID: fx.Query.ID, Response: offsets(a, 2, 0)}); len(fx.Restart)+len(fx.Truncate) > 0 || x.f.Deadline() != x.now+10 {
		t.Errorf("%+v", fx)
	}
	// Errors, and no answer.
	x = begin()
	if fx := x.step(fetcher.Offsets{ID: x.fx.Query.ID, Response: offsets(a, 0, protocol.ErrFencedLeaderEpoch)}); len(fx.Failed) != 1 || !fx.Failed[0].Stopped {
		t.Errorf("%+v", fx)
	}
	x = begin()
	if x.step(fetcher.Offsets{ID: x.fx.Query.ID}); x.f.Deadline() != x.now+10 {
		t.Errorf("no answer: %d", x.f.Deadline())
	}
}
