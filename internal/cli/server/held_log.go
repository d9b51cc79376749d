package server

import (
	"bytes"
	"io"
	"os"
	"sync"
	"time"
)

// heldLog holds back the log lines of a start while it may fail, because another server writes to
// the same log file: two brokers whose LOG_DIR is the same. A start that fails reports to its
// caller, and leaves no line in the log of the other server.
type heldLog struct {
	mu    sync.Mutex
	to    io.Writer
	held  bytes.Buffer
	state holdState
}

// holdState is what happens to a line.
type holdState int

const (
	holding   holdState = iota // it is kept
	writing                    // it is written at once
	discarded                  // it is discarded
)

// holdLog holds lines back until the start has succeeded. A start that takes longer than
// startPatience has no caller any more, and writes to the log.
func holdLog(to io.Writer) *heldLog {
	h := &heldLog{to: to}
	time.AfterFunc(startPatience, h.release)
	return h
}

func (h *heldLog) Write(line []byte) (int, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	switch h.state {
	case discarded:
		return len(line), nil
	case writing:
		return h.to.Write(line)
	}
	return h.held.Write(line)
}

// release writes the lines that were held back. Later lines are written at once.
func (h *heldLog) release() {
	if h == nil {
		return
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.state != holding {
		return
	}
	h.state = writing
	_, _ = h.held.WriteTo(h.to) // a full disk does not end the broker
	h.held = bytes.Buffer{}
}

// drop discards the lines that were held back, and all later ones. It returns false when they were
// written.
func (h *heldLog) drop() bool {
	if h == nil {
		return false
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.state == holding {
		h.state = discarded
	}
	return h.state == discarded
}

// othersLog reports whether another server of this user writes to the log file of this process.
func (p *process) othersLog() bool {
	if p.runDir == "" {
		return false
	}
	mine, err := os.Stat(p.logFile)
	if err != nil {
		return false
	}
	all, _ := listRunning(p.runDir) // without the list, the log is this process's own
	for _, r := range all {
		if theirs, err := os.Stat(r.Log); err == nil && os.SameFile(mine, theirs) {
			return true
		}
	}
	return false
}
