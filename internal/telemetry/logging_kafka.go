package telemetry

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"strconv"
	"strings"
	"sync"
)

// LogFormat is the layout of log lines.
type LogFormat int8

// The layouts: Kafka's server.log, slog's key=value, and one JSON object a line.
const (
	LogKafka LogFormat = iota
	LogText
	LogJSON
)

// ParseLogFormat reads the name of a layout. The empty name is LogKafka.
func ParseLogFormat(s string) (LogFormat, error) {
	switch strings.ToLower(s) {
	case "", "kafka":
		return LogKafka, nil
	case "text", "logfmt":
		return LogText, nil
	case "json":
		return LogJSON, nil
	}
	return 0, fmt.Errorf("unknown log format %q: it must be kafka, text or json", s)
}

// componentKey is the attribute that replaces the class of Kafka's log lines.
const componentKey = "component"

// kafkaHandler writes lines in the layout of Kafka's log4j2.yaml:
//
//	[2026-11-22 16:12:45,989] INFO message key=value (component)
type kafkaHandler struct {
	mu        *sync.Mutex
	w         io.Writer
	component string
	attrs     string // rendered, each with a space before it
	group     string // prefix of keys
}

func newKafkaHandler(w io.Writer) slog.Handler { return &kafkaHandler{mu: &sync.Mutex{}, w: w} }

func (h *kafkaHandler) Enabled(context.Context, slog.Level) bool { return true }

func (h *kafkaHandler) WithAttrs(as []slog.Attr) slog.Handler {
	n := *h
	b := []byte(h.attrs)
	for _, a := range as {
		if a.Key == componentKey && h.group == "" {
			n.component = a.Value.String()
			continue
		}
		b = appendAttr(b, h.group, a)
	}
	n.attrs = string(b)
	return &n
}

func (h *kafkaHandler) WithGroup(name string) slog.Handler {
	n := *h
	n.group += name + "."
	return &n
}

func (h *kafkaHandler) Handle(_ context.Context, r slog.Record) error {
	b := make([]byte, 0, 256)
	b = append(b, '[')
	b = r.Time.AppendFormat(b, kafkaTime)
	b = append(append(append(b, "] "...), LevelName(r.Level)...), ' ')
	b = append(append(b, oneLine(r.Message)...), h.attrs...)
	r.Attrs(func(a slog.Attr) bool {
		b = appendAttr(b, h.group, a)
		return true
	})
	if h.component != "" {
		b = append(append(append(b, " ("...), h.component...), ')')
	}
	b = append(b, '\n')
	h.mu.Lock()
	defer h.mu.Unlock()
	_, err := h.w.Write(b)
	return err
}

// appendAttr renders " key=value". It quotes a value with blanks or quotes. The name of a group
// precedes the names of its members.
func appendAttr(b []byte, prefix string, a slog.Attr) []byte {
	v := a.Value.Resolve()
	if v.Kind() == slog.KindGroup {
		if a.Key != "" {
			prefix += a.Key + "."
		}
		for _, m := range v.Group() {
			b = appendAttr(b, prefix, m)
		}
		return b
	}
	b = append(append(append(append(b, ' '), prefix...), a.Key...), '=')
	s := v.String()
	if s == "" || strings.ContainsAny(s, " \"=") || oneLine(s) != s {
		return strconv.AppendQuote(b, s)
	}
	return append(b, s...)
}

// oneLine escapes control characters, so that a client's text cannot imitate another log line.
func oneLine(s string) string {
	for i := range len(s) {
		if s[i] < ' ' || s[i] == 0x7f {
			q := strconv.Quote(s)
			return q[1 : len(q)-1]
		}
	}
	return s
}
