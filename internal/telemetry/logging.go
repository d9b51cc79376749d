package telemetry

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"sort"
	"strings"
	"sync"
)

// Kafka's levels that slog does not have.
const (
	LevelTrace = slog.LevelDebug - 4
	LevelFatal = slog.LevelError + 4
	levelOff   = slog.LevelError + 100
)

// ParseLevel reads the name of a level as Kafka's broker loggers spell it: TRACE, DEBUG, INFO,
// WARN, ERROR, FATAL, OFF or ALL, in any case.
func ParseLevel(s string) (slog.Level, error) {
	switch strings.ToUpper(strings.TrimSpace(s)) {
	case "TRACE", "ALL":
		return LevelTrace, nil
	case "DEBUG":
		return slog.LevelDebug, nil
	case "INFO":
		return slog.LevelInfo, nil
	case "WARN", "WARNING":
		return slog.LevelWarn, nil
	case "ERROR":
		return slog.LevelError, nil
	case "FATAL":
		return LevelFatal, nil
	case "OFF":
		return levelOff, nil
	}
	return 0, fmt.Errorf("unknown log level %q: it must be one of TRACE, DEBUG, INFO, WARN, ERROR, FATAL, OFF", s)
}

// LevelName is the inverse of ParseLevel.
func LevelName(l slog.Level) string {
	switch {
	case l < slog.LevelDebug:
		return "TRACE"
	case l < slog.LevelInfo:
		return "DEBUG"
	case l < slog.LevelWarn:
		return "INFO"
	case l < slog.LevelError:
		return "WARN"
	case l < LevelFatal:
		return "ERROR"
	case l < levelOff:
		return "FATAL"
	}
	return "OFF"
}

// Logs makes the loggers of a node, one per component. The level of each can change at run time.
type Logs struct {
	handler slog.Handler
	// raw takes the text of Dump as it is; nil for a format in which one record is one line.
	raw     io.Writer
	mu      sync.Mutex
	root    slog.Level
	levels  map[string]*slog.LevelVar
	changed map[string]bool // components with a level of their own
}

// LogOptions are the options of NewLogs.
type LogOptions struct {
	Format LogFormat
	Level  slog.Level
}

// NewLogs makes loggers that write to w.
func NewLogs(w io.Writer, o LogOptions) *Logs {
	opts := &slog.HandlerOptions{Level: LevelTrace, ReplaceAttr: func(groups []string, a slog.Attr) slog.Attr {
		if l, ok := a.Value.Any().(slog.Level); ok && a.Key == slog.LevelKey && len(groups) == 0 {
			a.Value = slog.StringValue(LevelName(l))
		}
		return a
	}}
	l := &Logs{root: o.Level, levels: make(map[string]*slog.LevelVar), changed: make(map[string]bool)}
	switch o.Format {
	case LogJSON:
		l.handler = slog.NewJSONHandler(w, opts)
	case LogText:
		l.handler = slog.NewTextHandler(w, opts)
	default:
		l.handler, l.raw = newKafkaHandler(w), w
	}
	return l
}

// Dump logs text of many lines. In Kafka's layout the lines follow the message as they are, as a
// JVM prints its threads. In the other formats they belong to the message, with escaped line ends.
func (l *Logs) Dump(component, message string, text []byte) {
	text = bytes.TrimSpace(text)
	log := l.Component(component)
	if l.raw == nil {
		log.Info(message + "\n" + string(text))
		return
	}
	log.Info(message)
	if _, err := l.raw.Write(append(text, '\n')); err != nil {
		log.Error("the lines of a dump cannot be written", "error", err)
	}
}

// Component returns the logger of one component of the node. Its lines carry component=name.
func (l *Logs) Component(name string) *slog.Logger {
	h := leveled{l.handler.WithAttrs([]slog.Attr{slog.String("component", name)}), l.levelVar(name)}
	return slog.New(h)
}

func (l *Logs) levelVar(name string) *slog.LevelVar {
	l.mu.Lock()
	defer l.mu.Unlock()
	v := l.levels[name]
	if v == nil {
		v = &slog.LevelVar{}
		v.Set(l.root)
		l.levels[name] = v
	}
	return v
}

// SetLevel changes one component's level at once. The name "root" changes all components without a
// level of their own. SetLevel reports whether the component exists.
func (l *Logs) SetLevel(component string, level slog.Level) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if component != "root" {
		v, ok := l.levels[component]
		if ok {
			v.Set(level)
			l.changed[component] = true
		}
		return ok
	}
	l.root = level
	for name, v := range l.levels {
		if !l.changed[name] {
			v.Set(level)
		}
	}
	return true
}

// ResetLevel sets one component's level to root's again.
func (l *Logs) ResetLevel(component string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if v := l.levels[component]; v != nil {
		v.Set(l.root)
		delete(l.changed, component)
	}
}

// ComponentLevel is one line of Levels.
type ComponentLevel struct {
	Component string
	Level     slog.Level
}

// Levels lists root and every component with its level, sorted by name.
func (l *Logs) Levels() []ComponentLevel {
	l.mu.Lock()
	defer l.mu.Unlock()
	out := []ComponentLevel{{"root", l.root}}
	for name, v := range l.levels {
		out = append(out, ComponentLevel{name, v.Level()})
	}
	sort.Slice(out, func(i, j int) bool { return out[i].Component < out[j].Component })
	return out
}

// leveled applies its component's level to a handler.
type leveled struct {
	slog.Handler
	level *slog.LevelVar
}

func (h leveled) Enabled(_ context.Context, l slog.Level) bool { return l >= h.level.Level() }

func (h leveled) WithAttrs(as []slog.Attr) slog.Handler {
	return leveled{h.Handler.WithAttrs(as), h.level}
}

func (h leveled) WithGroup(name string) slog.Handler {
	return leveled{h.Handler.WithGroup(name), h.level}
}
