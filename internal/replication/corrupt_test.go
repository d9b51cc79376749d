package replication

import (
	"bytes"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/gregorhq/gregor/internal/protocol"
	"github.com/gregorhq/gregor/storage"
	"github.com/gregorhq/gregor/vfs"
)

// An answer CORRUPT_MESSAGE has a line in the broker's log, one for each partition and minute.
func TestCorruptMessageIsLogged(t *testing.T) {
	n := newNode(t, vfs.NewMem(), nil)
	n.createTopic("t", 2)
	var out bytes.Buffer
	n.m.logger = slog.New(slog.NewTextHandler(&out, nil))
	ask := func(partition int32) {
		l := n.logs.Log("t", partition)
		if code := n.m.logCode(l, fmt.Errorf("%w: a segment is gone", storage.ErrCorruptLog)); code != protocol.ErrCorruptMessage {
			t.Fatal(code)
		}
	}
	for _, step := range []struct {
		ms        int64
		partition int32
		lines     int
	}{{0, 0, 1}, {1, 0, 1}, {2, 1, 2}, {59_000, 0, 2}, {60_000, 0, 3}} {
		n.now.Store(startMs + step.ms)
		ask(step.partition)
		if got := strings.Count(out.String(), "level=ERROR"); got != step.lines {
			t.Fatalf("%d lines after %d ms, want %d:\n%s", got, step.ms, step.lines, out.String())
		}
	}
	if !strings.Contains(out.String(), "suppressed=2") {
		t.Error(out.String())
	}
}
