package protocol_test

import (
	"testing"

	"github.com/gregorhq/gregor/internal/protocol"
)

// drawn is a random source that returns the same numbers in turn.
type drawn []uint64

func (d *drawn) Uint64() uint64 {
	n := (*d)[0]
	*d = (*d)[1:]
	return n
}

func TestNewUUIDNeverBeginsWithADash(t *testing.T) {
	id := protocol.NewUUID(&drawn{0xf8ff_ffff_ffff_ffff, 1, 0x0123_4567_89ab_cdef, 0x0123_4567_89ab_cdef})
	if got := id.String(); got != "ASNFZ4mrTe-BI0VniavN7w" {
		t.Errorf("%s", got)
	}
}
