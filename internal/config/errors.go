package config

import (
	"fmt"
	"strings"
)

// Error is a refused configuration, in the wording of Kafka's ConfigException or of the exception a
// Kafka controller throws. Handlers answer it as INVALID_CONFIG unless Request is set.
type Error struct {
	Message string
	// Request marks the errors that Kafka answers as INVALID_REQUEST (duplicate or null entries).
	Request bool

	// notNumber is the key whose value is not a number, nil for other errors.
	notNumber *Definition

	// requirement marks rules between keys. Kafka puts "requirement failed: " before the text when
	// a dynamic change breaks one.
	requirement bool
}

// Error is the text for the user.
func (e *Error) Error() string { return e.Message }

func errorf(format string, args ...any) *Error { return &Error{Message: fmt.Sprintf(format, args...)} }

// requirement is a rule between keys that does not hold.
func requirement(format string, args ...any) *Error {
	return &Error{Message: fmt.Sprintf(format, args...), requirement: true}
}

// invalid is Kafka's ConfigException(name, value, message).
func invalid(name string, value any, message string) *Error {
	if list, ok := value.([]string); ok { // as Java prints a list
		value = "[" + strings.Join(list, ", ") + "]"
	}
	return errorf("Invalid value %v for configuration %s: %s", value, name, message)
}

// WarningKind is the subject of a Warning.
type WarningKind int8

const (
	// UnknownKey: no such key; the text names the nearest known one.
	UnknownKey WarningKind = iota
	// KeyWithoutEffect: Kafka knows the key, gregor does nothing with it.
	KeyWithoutEffect
	// ZooKeeperKey: the key is of the ZooKeeper age.
	ZooKeeperKey
	// Note: anything else that the user should read once.
	Note
)

// Warning is one line to log at start. It is never an error: the node starts.
type Warning struct {
	Kind WarningKind
	Key  string
	Text string
}

// String is the line to log.
func (w Warning) String() string { return w.Text }
