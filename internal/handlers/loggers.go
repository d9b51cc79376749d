package handlers

import (
	"fmt"
	"slices"

	"github.com/gregorhq/gregor/internal/config"
	"github.com/gregorhq/gregor/internal/protocol"
)

// Loggers are the log levels of this node (KIP-412).
type Loggers interface {
	// Levels is the level of every logger by name: FATAL, ERROR, WARN, INFO, DEBUG or TRACE.
	Levels() map[string]string
	// SetLevel changes one; level "" takes it back to root's. The logger exists.
	SetLevel(name, level string)
}

// rootLogger is the logger whose level others have that were not given one of their own.
const rootLogger = "root"

var logLevels = []string{"DEBUG", "ERROR", "FATAL", "INFO", "TRACE", "WARN"}

// alterLoggers changes log levels, all or none.
func alterLoggers(loggers Loggers, ops []protocol.IncrementalAlterConfigsRequestAlterableConfig, validateOnly bool) *refusal {
	var levels map[string]string
	if loggers != nil {
		levels = loggers.Levels()
	}
	for _, o := range ops {
		_, exists := levels[o.Name]
		switch op := config.Op(o.ConfigOperation); {
		case op < config.Set || op > config.Subtract:
			return invalidRequest("Unknown operation type %d is not allowed for the BROKER_LOGGER resource", int8(op))
		case op != config.Set && op != config.Delete:
			return invalidRequest("%s operation is not allowed for the BROKER_LOGGER resource", op)
		case !exists:
			return &refusal{protocol.ErrInvalidConfig, fmt.Sprintf("Logger %s does not exist!", o.Name)}
		case op == config.Delete && o.Name == rootLogger:
			return invalidRequest("Removing the log level of the %s logger is not allowed", rootLogger)
		case op == config.Delete:
		case o.Value == nil || !slices.Contains(logLevels, *o.Value):
			return &refusal{protocol.ErrInvalidConfig, fmt.Sprintf("Cannot set the log level of %s to %s as it is not a supported log level. Valid log levels are DEBUG, ERROR, FATAL, INFO, TRACE, WARN", o.Name, orNull(o.Value))}
		}
	}
	if validateOnly {
		return nil
	}
	for _, o := range ops {
		level := ""
		if config.Op(o.ConfigOperation) == config.Set {
			level = *o.Value
		}
		loggers.SetLevel(o.Name, level)
	}
	return nil
}

// orNull is a value as Java prints it.
func orNull(s *string) string {
	if s == nil {
		return "null"
	}
	return *s
}
