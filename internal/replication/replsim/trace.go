package replsim

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"hash"
	"io"
	"strings"
	"time"
)

// Trace is the record of a run: a hash over all lines and the text of the last ones.
type Trace struct {
	sum  hash.Hash
	out  io.Writer
	last []string
}

// NewTrace makes a trace that also writes its lines to out, which may be nil.
func NewTrace(out io.Writer) *Trace { return &Trace{sum: sha256.New(), out: out} }

// kept is the number of last lines that a Trace keeps.
const kept = 120

func (t *Trace) line(at time.Duration, what string) {
	text := fmt.Sprintf("%12.6f %s\n", at.Seconds(), what)
	t.sum.Write([]byte(text))
	if t.out != nil {
		_, _ = io.WriteString(t.out, text)
	}
	if len(t.last) == 2*kept {
		t.last = append(t.last[:0], t.last[kept:]...)
	}
	t.last = append(t.last, text)
}

// Sum returns the hash of the trace.
func (t *Trace) Sum() string { return hex.EncodeToString(t.sum.Sum(nil)) }

// Tail returns the last lines.
func (t *Trace) Tail() string { return strings.Join(t.last[max(0, len(t.last)-kept):], "") }
