package network

import (
	"errors"
	"syscall"
)

// isReset reports whether the peer ended the connection in an ordinary way, which leaves no line in
// the log.
func isReset(err error) bool {
	return errors.Is(err, syscall.ECONNRESET) || errors.Is(err, syscall.EPIPE)
}
