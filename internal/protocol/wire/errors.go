package wire

import (
	"errors"
	"fmt"
)

// ErrMalformed is what every decoding error is (errors.Is); the concrete error is a *MalformedError.
var ErrMalformed = errors.New("malformed message")

// ErrUnsupportedVersion is what a message answers that is asked to decode a version it does not have.
var ErrUnsupportedVersion = errors.New("unsupported version")

// MalformedError says where and why input is not a message.
type MalformedError struct {
	// Pos is the position in bytes, counted from the start of the Reader's input.
	Pos int
	// Reason is a sentence fragment for a log line; it never quotes the input.
	Reason string
}

// Error gives position and reason.
func (e *MalformedError) Error() string {
	return fmt.Sprintf("malformed message at byte %d: %s", e.Pos, e.Reason)
}

// Unwrap makes errors.Is(err, ErrMalformed) true.
func (e *MalformedError) Unwrap() error { return ErrMalformed }

// CheckVersion is nil when low <= version <= high, else an error that wraps ErrUnsupportedVersion.
func CheckVersion(message string, version, low, high int16) error {
	if version < low || version > high {
		return fmt.Errorf("%s version %d (known: %d to %d): %w", message, version, low, high, ErrUnsupportedVersion)
	}
	return nil
}
