package trace

import (
	"bytes"
	"strings"
	"testing"
	"time"
)

// The hash depends on each line and on its time. The tail holds the last lines in order.
func TestTrace(t *testing.T) {
	var out bytes.Buffer
	a, b, c := New(&out), New(nil), New(nil)
	for i := range kept + 10 {
		at := time.Duration(i) * time.Second
		a.Add(at, "event")
		b.Add(at, "event")
		c.Add(at+time.Nanosecond, "event")
	}
	if a.Sum() != b.Sum() || a.Sum() == c.Sum() {
		t.Errorf("sums %s %s %s", a.Sum(), b.Sum(), c.Sum())
	}
	if n := bytes.Count(out.Bytes(), []byte("\n")); n != kept+10 || a.Lines() != n {
		t.Errorf("%d lines written, %d counted", n, a.Lines())
	}
	tail := strings.Split(a.Tail(), "\n")
	if len(tail) != kept || !strings.Contains(tail[0], "10.000000 event") || !strings.Contains(tail[kept-1], "409.000000 event") {
		t.Errorf("the tail has %d lines, from %q to %q", len(tail), tail[0], tail[len(tail)-1])
	}
}
