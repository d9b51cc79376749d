package server

import (
	"fmt"
	"io"
	"log/slog"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/gregorhq/gregor/internal/cli/opt"
	"github.com/gregorhq/gregor/internal/telemetry"
)

// Environment variables of the log.
const (
	envLogLevel    = "GREGOR_LOG_LEVEL"
	envLogFormat   = "GREGOR_LOG_FORMAT"
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
	if o.Format, err = telemetry.ParseLogFormat(p.getenv(envLogFormat)); err != nil {
		return nil, nil, fmt.Errorf("%s: %w", envLogFormat, err)
	}
	// The second name is the name in Kafka's official image.
	for _, name := range []string{envLogLevel, "KAFKA_LOG4J_ROOT_LOGLEVEL"} {
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
	bounds, err := p.rotation() // checked also without a log file, where it has no effect
	if err != nil {
		return nil, nil, err
	}
	if path := p.getenv(envLogFile); path != "" {
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
	logs = telemetry.NewLogs(w, o)
	for _, text := range p.unknownLogVariables() {
		logs.Component("config").Warn(text)
	}
	return logs, file, nil
}

// logVariables are the environment variables of the log.
var logVariables = []string{envLogLevel, envLogFormat, envLogFile, envLogMaxSize, envLogMaxAge, envLogMaxFiles}

// unknownLogVariables returns a text for each variable whose name is probably a typing error.
func (p *process) unknownLogVariables() (texts []string) {
	for _, kv := range p.env {
		name, _, _ := strings.Cut(kv, "=")
		if !strings.HasPrefix(name, "GREGOR_LOG_") || slices.Contains(logVariables, name) {
			continue
		}
		text := "the environment variable " + name + " is unknown and has no effect"
		if near := opt.Nearest(name, logVariables); near != "" {
			text += "; did you mean " + near + "?"
		}
		texts = append(texts, text)
	}
	return texts
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

// parseBytes reads a number of bytes with an optional KB, MB or GB, as in log4j, or K, M or G.
func parseBytes(s string) (int64, error) {
	number, unit := strings.ToUpper(strings.TrimSpace(s)), int64(1)
	for _, u := range []struct {
		suffix string
		bytes  int64
	}{{"K", 1 << 10}, {"M", 1 << 20}, {"G", 1 << 30}} {
		if n, ok := strings.CutSuffix(strings.TrimSuffix(number, "B"), u.suffix); ok {
			number, unit = strings.TrimSpace(n), u.bytes
			break
		}
	}
	n, err := strconv.ParseInt(number, 10, 64)
	if err != nil || n < 0 || n > 1<<50/unit {
		return 0, fmt.Errorf("%q is not a size such as 100MB, or 0 for no bound", s)
	}
	return n * unit, nil
}
