package client

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"reflect"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/gregorhq/gregor/internal/protocol"
)

// TestPatience lists the answers that are asked for again, and for how long.
func TestPatience(t *testing.T) {
	const all = time.Minute
	cl := &Client{apiTimeout: all}
	describe := func(code protocol.Error) kmsg.Response {
		return &kmsg.DescribeGroupsResponse{Groups: []kmsg.DescribeGroupsResponseGroup{{ErrorCode: int16(code)}}}
	}
	list := func(code protocol.Error) kmsg.Response {
		return &kmsg.ListOffsetsResponse{Topics: []kmsg.ListOffsetsResponseTopic{{Partitions: []kmsg.ListOffsetsResponseTopicPartition{{}, {ErrorCode: int16(code)}}}}}
	}
	for _, c := range []struct {
		name string
		resp kmsg.Response
		err  error
		want time.Duration
	}{
		{"a coordinator that loads", describe(protocol.ErrCoordinatorLoadInProgress), nil, all},
		{"a coordinator that is not created yet", describe(protocol.ErrCoordinatorNotAvailable), nil, all},
		{"a coordinator that moved", describe(protocol.ErrNotCoordinator), nil, all},
		{"a coordinator that cannot be found", nil, kerr.CoordinatorNotAvailable, all},
		{"a group that does not exist", describe(protocol.ErrGroupIDNotFound), nil, 0},
		{"no permission", describe(protocol.ErrGroupAuthorizationFailed), nil, 0},
		{"success", describe(0), nil, 0},
		{"a controller that moved", &kmsg.CreateTopicsResponse{Topics: []kmsg.CreateTopicsResponseTopic{{ErrorCode: int16(protocol.ErrNotController)}}}, nil, all},
		{"a quota", &kmsg.CreateTopicsResponse{Topics: []kmsg.CreateTopicsResponseTopic{{ErrorCode: int16(protocol.ErrThrottlingQuotaExceeded)}}}, nil, all},
		{"a topic that exists", &kmsg.CreateTopicsResponse{Topics: []kmsg.CreateTopicsResponseTopic{{ErrorCode: int16(protocol.ErrTopicAlreadyExists)}}}, nil, 0},
		{"a leader that moved", list(protocol.ErrNotLeaderOrFollower), nil, leaderTime},
		{"a partition without a leader", list(protocol.ErrLeaderNotAvailable), nil, leaderTime},
		{"an unknown partition", list(protocol.ErrUnknownTopicOrPartition), nil, 0},
		{"a topic that is being created", &kmsg.MetadataResponse{Topics: []kmsg.MetadataResponseTopic{{ErrorCode: int16(protocol.ErrLeaderNotAvailable)}}}, nil, leaderTime},
		{"a description of a partition without a leader", &kmsg.MetadataResponse{Topics: []kmsg.MetadataResponseTopic{
			{Partitions: []kmsg.MetadataResponseTopicPartition{{ErrorCode: int16(protocol.ErrLeaderNotAvailable)}}}}}, nil, 0},
		{"a refused connection", nil, &net.OpError{Op: "dial", Err: errors.New("refused")}, all},
		{"a broken connection", nil, fmt.Errorf("read: %w", io.EOF), all},
		{"a closed client", nil, kgo.ErrClientClosed, 0},
	} {
		if got := cl.patience(c.resp, c.err); got != c.want {
			t.Errorf("%s: %s, want %s", c.name, got, c.want)
		}
	}
}

// TestErrorCodes checks that codes are found at every depth.
func TestErrorCodes(t *testing.T) {
	resp := &kmsg.OffsetFetchResponse{ErrorCode: 1, Groups: []kmsg.OffsetFetchResponseGroup{{ErrorCode: 2,
		Topics: []kmsg.OffsetFetchResponseGroupTopic{{Partitions: []kmsg.OffsetFetchResponseGroupTopicPartition{{ErrorCode: 3}, {ErrorCode: 4}}}}}}}
	got := map[protocol.Error]bool{}
	for _, c := range errorCodes(reflect.ValueOf(resp), nil) {
		got[c] = true
	}
	for _, want := range []protocol.Error{1, 2, 3, 4} {
		if !got[want] {
			t.Errorf("code %d is missing in %v", want, got)
		}
	}
}

// TestRepeat counts how often a request is sent.
func TestRepeat(t *testing.T) {
	cl := &Client{apiTimeout: time.Minute}
	sent := 0
	answer, err := repeat(t.Context(), cl, func(context.Context) (int, error) { sent++; return sent, nil },
		func(n int, _ error) time.Duration { return map[bool]time.Duration{true: time.Hour, false: 0}[n < 3] })
	if answer != 3 || err != nil || sent != 3 {
		t.Errorf("answer %d after %d requests: %v", answer, sent, err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	sent = 0
	answer, _ = repeat(ctx, cl, func(context.Context) (int, error) { sent++; cancel(); return sent, nil },
		func(int, error) time.Duration { return time.Hour })
	if answer != 1 {
		t.Errorf("a call that was ended went on to answer %d", answer)
	}
}

func TestUnreachable(t *testing.T) {
	for _, c := range []struct {
		err  error
		want string
	}{
		{nil, ""},
		{context.DeadlineExceeded, "Timed out waiting for a node assignment. Call: listTopics"},
		{&net.OpError{Op: "dial", Err: errors.New("refused")}, "Timed out waiting for a node assignment. Call: listTopics"},
		{kerr.ClusterAuthorizationFailed, protocol.ErrClusterAuthorizationFailed.Message()},
		{Err(int16(protocol.ErrInvalidTopicException), new("the broker's text")), "the broker's text"},
		{errors.New("odd"), "listTopics failed: odd"},
	} {
		got := ""
		if err := Unreachable("listTopics", c.err); err != nil {
			got = err.Error()
		}
		if got != c.want {
			t.Errorf("%v: %q, want %q", c.err, got, c.want)
		}
	}
}
