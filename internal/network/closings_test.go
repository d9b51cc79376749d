package network

import (
	"bytes"
	"log/slog"
	"strings"
	"sync"
	"testing"
)

type lines struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lines) count(s string) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return strings.Count(l.b.String(), s)
}

// A client that sends garbage in a loop would fill the disk with lines about it.
func TestOneReasonToCloseIsToldOnce(t *testing.T) {
	var log lines
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
	waitFor(t, func() bool { return log.count("size = 0 ") == 1 })
	if n := log.count("size = -1,"); n != 1 {
		t.Errorf("%d lines about one reason", n)
	}
}
