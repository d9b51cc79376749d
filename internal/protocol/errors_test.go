package protocol_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/gregorhq/gregor/internal/protocol"
)

// errorFact is one line of testdata/errors-4.4.0.jsonl.gz, printed by test/peer/kafka-facts.
type errorFact struct {
	Code      int16
	Name      string
	Retriable bool
}

func TestErrors(t *testing.T) {
	facts := readFacts[errorFact](t, "testdata/errors-4.4.0.jsonl.gz")
	if len(facts) != 138 {
		t.Fatalf("%d facts about errors", len(facts))
	}
	for _, f := range facts {
		e := protocol.Error(f.Code)
		if e.Name() != f.Name || e.Retriable() != f.Retriable || e.Message() == "" || e.Code() != f.Code {
			t.Errorf("%d: %s, retriable %t, %q; Kafka: %+v", f.Code, e.Name(), e.Retriable(), e.Message(), f)
		}
	}
	for _, e := range []protocol.Error{-2, 137, -32768, 32767} {
		if !strings.HasPrefix(e.Name(), "UNKNOWN_ERROR_CODE_") || e.Retriable() || e.Message() != protocol.ErrUnknownServerError.Message() {
			t.Errorf("%d: %s", e, e)
		}
	}
}

func TestErrorIsAnError(t *testing.T) {
	var err error = protocol.ErrNotLeaderOrFollower
	var e protocol.Error
	if !errors.As(err, &e) || e != 6 || !errors.Is(err, protocol.ErrNotLeaderOrFollower) {
		t.Error(err)
	}
	if want := "NOT_LEADER_OR_FOLLOWER: For requests intended only for the leader"; !strings.HasPrefix(err.Error(), want) {
		t.Error(err)
	}
}
