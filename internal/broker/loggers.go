package broker

import (
	"github.com/gregorhq/gregor/internal/handlers"
	"github.com/gregorhq/gregor/internal/telemetry"
)

// loggers presents the node's log levels as the broker-loggers resource of Kafka's configuration
// APIs.
type loggers struct{ logs *telemetry.Logs }

// brokerLoggers returns nil when the node does not own the log levels.
func (n *Node) brokerLoggers() handlers.Loggers {
	if n.opts.Logs == nil {
		return nil
	}
	return loggers{n.opts.Logs}
}

// Levels implements handlers.Loggers.
func (l loggers) Levels() map[string]string {
	out := map[string]string{}
	for _, c := range l.logs.Levels() {
		out[c.Component] = telemetry.LevelName(c.Level)
	}
	return out
}

// SetLevel implements handlers.Loggers.
func (l loggers) SetLevel(name, level string) {
	if level == "" {
		l.logs.ResetLevel(name)
		return
	}
	// The handler accepts only names of levels.
	if v, err := telemetry.ParseLevel(level); err == nil {
		l.logs.SetLevel(name, v)
	}
}
