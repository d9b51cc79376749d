package server

import (
	"fmt"
	"io"
	"log/slog"
	"os"

	"github.com/gregorhq/gregor/internal/telemetry"
)

// openLogs sets logging up as the environment says. toFile tells that the log is not on standard output.
func (p *process) openLogs() (logs *telemetry.Logs, toFile bool, err error) {
	o := telemetry.LogOptions{Level: slog.LevelInfo}
	if o.Format, err = telemetry.ParseLogFormat(p.getenv("GREGOR_LOG_FORMAT")); err != nil {
		return nil, false, fmt.Errorf("GREGOR_LOG_FORMAT: %w", err)
	}
	// The second name is the one that Kafka's official image knows.
	for _, name := range []string{"GREGOR_LOG_LEVEL", "KAFKA_LOG4J_ROOT_LOGLEVEL"} {
		s := p.getenv(name)
		if s == "" {
			continue
		}
		if o.Level, err = telemetry.ParseLevel(s); err != nil {
			return nil, false, fmt.Errorf("%s: %w", name, err)
		}
		break
	}
	var w io.Writer = p.stdout
	if path := p.getenv(envLogFile); path != "" {
		// It stays open as long as the process lives.
		f, err := os.OpenFile(path, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o644)
		if err != nil {
			return nil, false, fmt.Errorf("%s: %w", envLogFile, err)
		}
		w, toFile = f, true
	}
	return telemetry.NewLogs(w, o), toFile, nil
}

const envLogFile = "GREGOR_LOG_FILE"
