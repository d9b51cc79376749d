package wire

import (
	"errors"
	"fmt"
)

// ErrMalformed matches every decoding error (errors.Is). The concrete error is a *MalformedError.
var ErrMalformed = errors.New("malformed message")

// ErrUnsupportedVersion is the error of decoding a message in a version that it does not have.
var ErrUnsupportedVersion = errors.New("unsupported version")

// MalformedError is the position and the reason of a decoding error.
type MalformedError struct {
	// Pos is the position in bytes, counted from the start of the Reader's input.
	Pos int
	// Reason is a sentence fragment for a log line. It never quotes the input.
	Reason string
}

// Error returns the position and the reason.
func (e *MalformedError) Error() string {
	return fmt.Sprintf("malformed message at byte %d: %s", e.Pos, e.Reason)
}

// Unwrap makes errors.Is(err, ErrMalformed) true.
func (e *MalformedError) Unwrap() error { return ErrMalformed }

// CheckVersion returns nil when low <= version <= high, else an error that wraps
// ErrUnsupportedVersion.
func CheckVersion(message string, version, low, high int16) error {
	if version < low || version > high {
		return fmt.Errorf("%s version %d (known: %d to %d): %w", message, version, low, high, ErrUnsupportedVersion)
	}
	return nil
}
