// Package trace records the runs of simulators. Two runs with the same seed have the same trace.
package trace

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"hash"
	"io"
	"strings"
	"time"
)

// Trace is the record of a run: a hash over all lines, and the text of the last lines. A run that
// writes many lines is several times slower.
type Trace struct {
	sum   hash.Hash
	out   io.Writer // every line, may be nil
	last  []string
	next  int
	lines int
	buf   []byte
}

// kept is the number of last lines that a Trace keeps for a report.
const kept = 400

// New makes a trace. It also writes its lines to out, when out is not nil.
func New(out io.Writer) *Trace {
	return &Trace{sum: sha256.New(), out: out, last: make([]string, 0, kept)}
}

// Add adds an event at a simulated time.
func (t *Trace) Add(at time.Duration, what string) {
	t.buf = fmt.Appendf(t.buf[:0], "%d %s\n", at.Nanoseconds(), what)
	t.sum.Write(t.buf)
	if t.out != nil {
		_, _ = t.out.Write(t.buf) // a write error must not change the run
	}
	t.lines++
	line := fmt.Sprintf("%12.6f %s", at.Seconds(), what)
	if len(t.last) < kept {
		t.last = append(t.last, line)
		return
	}
	t.last[t.next] = line
	t.next = (t.next + 1) % kept
}

// Sum returns the hash of the trace.
func (t *Trace) Sum() string { return hex.EncodeToString(t.sum.Sum(nil)) }

// Lines is the number of lines.
func (t *Trace) Lines() int { return t.lines }

// Tail returns the last lines in text.
func (t *Trace) Tail() string {
	return strings.Join(append(append([]string(nil), t.last[t.next:]...), t.last[:t.next]...), "\n")
}
