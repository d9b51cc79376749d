package telemetry

import (
	"bytes"
	"log/slog"
	"regexp"
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
	logs := NewLogs(&out, LogOptions{Format: LogText, Level: slog.LevelInfo})
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
	NewLogs(&out, LogOptions{Format: LogJSON}).Component("x").Error("boom")
	if !strings.Contains(out.String(), `"level":"ERROR","msg":"boom","component":"x"`) {
		t.Error(out.String())
	}
}

func TestKafkaLayout(t *testing.T) {
	var out bytes.Buffer
	log := NewLogs(&out, LogOptions{}).Component("broker")
	log.With("a", 1).WithGroup("g").Info("Kafka Server started", "reason", "two words", "empty", "", slog.Group("h", "k", "v"))
	log.Warn("from outside\n[2026-01-01 00:00:00,000] INFO forged", "key", "x\ny")
	lines := strings.Split(out.String(), "\n")
	if len(lines) != 3 {
		t.Fatalf("%q", lines)
	}
	if !regexp.MustCompile(`^\[\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3}\] INFO Kafka Server started a=1 g\.reason="two words" g\.empty="" g\.h\.k=v \(broker\)$`).MatchString(lines[0]) {
		t.Error(lines[0])
	}
	if want := `WARN from outside\n[2026-01-01 00:00:00,000] INFO forged key="x\ny" (broker)`; !strings.HasSuffix(lines[1], want) {
		t.Error(lines[1])
	}
	for name, want := range map[string]LogFormat{"": LogKafka, "JSON": LogJSON, "logfmt": LogText} {
		if f, err := ParseLogFormat(name); f != want || err != nil {
			t.Error(name, f, err)
		}
	}
	if _, err := ParseLogFormat("xml"); err == nil {
		t.Error("xml")
	}
}

// A dump keeps its lines in Kafka's layout, and is one record in the other formats.
func TestDump(t *testing.T) {
	for format, want := range map[LogFormat]int{LogKafka: 3, LogText: 1, LogJSON: 1} {
		var b bytes.Buffer
		NewLogs(&b, LogOptions{Format: format}).Dump("server", "dump", []byte("goroutine 1\nmain.main()\n\n"))
		if got := strings.Count(b.String(), "\n"); got != want || !strings.Contains(b.String(), "main.main()") {
			t.Errorf("format %v: %d lines, want %d: %s", format, got, want, b.String())
		}
	}
}
