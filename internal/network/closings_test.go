package network

import (
	"log/slog"
	"strings"
	"testing"

	"github.com/gregorhq/gregor/internal/testkit"
)

// A client that sends garbage in a loop would fill the disk with lines about it.
func TestOneReasonToCloseIsToldOnce(t *testing.T) {
	var log testkit.Buffer
	_, addr := start(t, echo{}, Options{Logger: slog.New(slog.NewTextHandler(&log, nil))})
	for _, frame := range []string{"\xff\xff\xff\xff", "\xff\xff\xff\xff", "\xff\xff\xff\xff", "\x00\x00\x00\x00"} {
		c := dial(t, addr)
		if _, err := c.Write([]byte(frame)); err != nil {
			t.Fatal(err)
		}
		if _, err := c.Read(make([]byte, 1)); err == nil {
			t.Fatal("answered")
		}
	}
	waitFor(t, func() bool { return strings.Count(log.String(), "size = 0 ") == 1 })
	if n := strings.Count(log.String(), "size = -1,"); n != 1 {
		t.Errorf("%d lines about one reason", n)
	}
}
