package server

import (
	"fmt"
	"io"
	"log/slog"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/gregorhq/gregor/internal/telemetry"
)

// Environment variables of the log.
const (
	envLogFile     = "GREGOR_LOG_FILE"
	envLogMaxSize  = "GREGOR_LOG_MAX_SIZE"
	envLogMaxAge   = "GREGOR_LOG_MAX_AGE"
	envLogMaxFiles = "GREGOR_LOG_MAX_FILES"
)

// rotation is the default bound of a log file. The environment can change it.
var rotation = telemetry.Rotation{MaxBytes: 100 << 20, MaxAge: 24 * time.Hour, MaxFiles: 10}

// openLogs sets up logging by the environment. file is nil when the log goes to standard output.
func (p *process) openLogs() (logs *telemetry.Logs, file *telemetry.LogFile, err error) {
	o := telemetry.LogOptions{Level: slog.LevelInfo}
	if o.Format, err = telemetry.ParseLogFormat(p.getenv("GREGOR_LOG_FORMAT")); err != nil {
		return nil, nil, fmt.Errorf("GREGOR_LOG_FORMAT: %w", err)
	}
	// The second name is the name in Kafka's official image.
	for _, name := range []string{"GREGOR_LOG_LEVEL", "KAFKA_LOG4J_ROOT_LOGLEVEL"} {
		s := p.getenv(name)
		if s == "" {
			continue
		}
		if o.Level, err = telemetry.ParseLevel(s); err != nil {
			return nil, nil, fmt.Errorf("%s: %w", name, err)
		}
		break
	}
	var w io.Writer = p.stdout
	if path := p.getenv(envLogFile); path != "" {
		bounds, err := p.rotation()
		if err != nil {
			return nil, nil, err
		}
		if file, err = telemetry.OpenLogFile(path, bounds, time.Now); err != nil {
			return nil, nil, fmt.Errorf("%s: %w", envLogFile, err)
		}
		w = file
		if p.logFile, err = filepath.Abs(path); err != nil {
			return nil, nil, err
		}
		if p.othersLog() {
			p.held = holdLog(file)
			w = p.held
		}
	}
	return telemetry.NewLogs(w, o), file, nil
}

// rotation reads the bounds of the log file from the environment. 0 turns a bound off.
func (p *process) rotation() (r telemetry.Rotation, err error) {
	r = rotation
	if s := p.getenv(envLogMaxSize); s != "" {
		if r.MaxBytes, err = parseBytes(s); err != nil {
			return r, fmt.Errorf("%s: %w", envLogMaxSize, err)
		}
	}
	if s := p.getenv(envLogMaxAge); s != "" {
		if r.MaxAge, err = time.ParseDuration(s); err != nil || r.MaxAge < 0 {
			return r, fmt.Errorf("%s=%s: it must be a duration such as 24h, or 0 for no bound", envLogMaxAge, s)
		}
	}
	if s := p.getenv(envLogMaxFiles); s != "" {
		if r.MaxFiles, err = strconv.Atoi(s); err != nil || r.MaxFiles < 0 {
			return r, fmt.Errorf("%s=%s: it must be a number of files, or 0 for all", envLogMaxFiles, s)
		}
	}
	return r, nil
}

// parseBytes reads a number of bytes with an optional KB, MB or GB, as in log4j.
func parseBytes(s string) (int64, error) {
	number, unit := strings.ToUpper(strings.TrimSpace(s)), int64(1)
	for _, u := range []struct {
		suffix string
		bytes  int64
	}{{"KB", 1 << 10}, {"MB", 1 << 20}, {"GB", 1 << 30}} {
		if n, ok := strings.CutSuffix(number, u.suffix); ok {
			number, unit = strings.TrimSpace(n), u.bytes
		}
	}
	n, err := strconv.ParseInt(number, 10, 64)
	if err != nil || n < 0 || n > 1<<50/unit {
		return 0, fmt.Errorf("%q is not a size such as 100MB, or 0 for no bound", s)
	}
	return n * unit, nil
}
