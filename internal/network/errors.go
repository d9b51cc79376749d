package network

import (
	"errors"
	"syscall"
)

// isReset tells an ordinary end of a connection by its peer, which is not worth a line in the log.
func isReset(err error) bool {
	return errors.Is(err, syscall.ECONNRESET) || errors.Is(err, syscall.EPIPE)
}
