package telemetry

import (
	"bytes"
	"log/slog"
	"strings"
	"testing"
)

func TestLevels(t *testing.T) {
	for _, s := range []string{"TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL", "OFF"} {
		l, err := ParseLevel(strings.ToLower(s))
		if err != nil || LevelName(l) != s {
			t.Errorf("%s: %v %v", s, LevelName(l), err)
		}
	}
	if _, err := ParseLevel("LOUD"); err == nil || !strings.Contains(err.Error(), "TRACE, DEBUG") {
		t.Error(err)
	}
}

func TestComponents(t *testing.T) {
	var out bytes.Buffer
	logs := NewLogs(&out, LogOptions{Level: slog.LevelInfo})
	a, b := logs.Component("storage"), logs.Component("network").With("listener", "PLAINTEXT")
	a.Debug("hidden")
	a.Info("opened", "dir", "/data")
	if !logs.SetLevel("network", LevelTrace) || logs.SetLevel("nope", LevelTrace) {
		t.Fatal("SetLevel")
	}
	b.Log(t.Context(), LevelTrace, "frame")
	logs.SetLevel("root", slog.LevelError)
	a.Warn("hidden")
	b.WithGroup("g").Debug("shown", "level", "x")
	text := out.String()
	for _, want := range []string{"level=INFO msg=opened component=storage dir=/data", "level=TRACE msg=frame component=network listener=PLAINTEXT", "level=DEBUG msg=shown", "g.level=x"} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in\n%s", want, text)
		}
	}
	if strings.Contains(text, "hidden") || strings.Count(text, "\n") != 3 {
		t.Error(text)
	}
	levels := logs.Levels()
	if len(levels) != 3 || levels[0].Component != "network" || levels[0].Level != LevelTrace || levels[1].Level != slog.LevelError {
		t.Error(levels)
	}
	out.Reset()
	NewLogs(&out, LogOptions{JSON: true}).Component("x").Error("boom")
	if !strings.Contains(out.String(), `"level":"ERROR","msg":"boom","component":"x"`) {
		t.Error(out.String())
	}
}
