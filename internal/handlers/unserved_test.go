package handlers

import (
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/gregorhq/gregor/internal/protocol"
)

// callAs serves one request of a client without a socket.
func callAs(r *Registry, clientID string, req kmsg.Request, version int16) Answer {
	req.SetVersion(version)
	frame := kmsg.NewRequestFormatter(kmsg.FormatterClientID(clientID)).AppendRequest(nil, req, 1)[4:]
	var got Answer
	r.Call(frame, Request{ClientHost: "10.0.0.1", Received: time.Unix(1000, 0)}, func(a Answer) { got = a })
	return got
}

func answerOf[R kmsg.Response](t *testing.T, a Answer, req kmsg.Request) R {
	t.Helper()
	resp := req.ResponseKind()
	resp.SetVersion(req.GetVersion())
	body := a.Frame[4:]
	if resp.IsFlexible() {
		body = body[1:]
	}
	if err := resp.ReadFrom(body); err != nil {
		t.Fatal(err)
	}
	return resp.(R)
}

type noTransactions struct{}

func (noTransactions) Locate(int8, string, string) (Coordinator, *CoordinatorRefusal) {
	return Coordinator{}, &CoordinatorRefusal{Err: protocol.ErrInvalidRequest, ErrBeforeBatches: protocol.ErrTransactionalIDAuthorizationFailed,
		Message: "not here", Unserved: "transactions"}
}

// A client that asks for something that is not served gets an answer that it takes as final, and
// leaves one line in the log for each API, however often it asks.
func TestUnservedRequestsLeaveOneLine(t *testing.T) {
	var log strings.Builder
	r := NewRegistry(FindCoordinator(noTransactions{}), ConsumerGroupHeartbeat())
	r.SetLogger(slog.New(slog.NewTextHandler(&log, nil)))
	for range 3 {
		for _, client := range []string{"a", "b"} {
			find := kmsg.NewPtrFindCoordinatorRequest()
			find.CoordinatorType, find.CoordinatorKey = 1, "x"
			// librdkafka asks in version 2 and retries INVALID_REQUEST for ever.
			if got := answerOf[*kmsg.FindCoordinatorResponse](t, callAs(r, client, find, 2), find); got.ErrorCode != protocol.ErrTransactionalIDAuthorizationFailed.Code() {
				t.Errorf("FindCoordinator v2: error %d", got.ErrorCode)
			} else if *got.ErrorMessage != "not here" {
				t.Errorf("FindCoordinator v2 does not say what is not served: %q", *got.ErrorMessage)
			}
			// Java's client asks in a later version and shows the message.
			find.CoordinatorKeys = []string{"x"}
			got := answerOf[*kmsg.FindCoordinatorResponse](t, callAs(r, client, find, 4), find)
			if c := got.Coordinators[0]; c.ErrorCode != protocol.ErrInvalidRequest.Code() || *c.ErrorMessage != "not here" {
				t.Errorf("FindCoordinator v4: %+v", c)
			}
			beat := kmsg.NewPtrConsumerGroupHeartbeatRequest()
			if got := answerOf[*kmsg.ConsumerGroupHeartbeatResponse](t, callAs(r, client, beat, 1), beat); got.ErrorCode != protocol.ErrUnsupportedVersion.Code() {
				t.Errorf("ConsumerGroupHeartbeat: error %d", got.ErrorCode)
			}
			if got := callAs(r, client, kmsg.NewPtrShareFetchRequest(), 1); got.Closed == "" {
				t.Error("an API that is not served does not close the connection")
			}
		}
	}
	lines := strings.Split(strings.TrimSpace(log.String()), "\n")
	if len(lines) != 6 {
		t.Fatalf("%d lines, want 3 for each of 2 clients:\n%s", len(lines), log.String())
	}
	for _, want := range []string{"client.address=/10.0.0.1", "client.id=a", "api=FindCoordinator", "level=WARN", "not.served=transactions"} {
		if !strings.Contains(lines[0], want) {
			t.Errorf("%s is not in %s", want, lines[0])
		}
	}
}

// A client that takes a controller listener for that of a broker leaves a line that says so: the
// API is served elsewhere.
func TestBrokersAPIOnAControllerListener(t *testing.T) {
	var log strings.Builder
	brokers := NewRegistry(ConsumerGroupHeartbeat())
	brokers.SetLogger(slog.New(slog.NewTextHandler(&log, nil)))
	r := NewControllerRegistry(brokers, nil, FindCoordinator(noTransactions{}), Forwarding{})
	if got := callAs(r, "a", kmsg.NewPtrConsumerGroupHeartbeatRequest(), 1); got.Closed == "" {
		t.Error("the connection is not closed")
	}
	if !strings.Contains(log.String(), "a client uses a controller listener as that of a broker") || strings.Contains(log.String(), "not serve") {
		t.Error(log.String())
	}
}
