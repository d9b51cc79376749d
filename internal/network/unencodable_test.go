package network

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/gregorhq/gregor/internal/protocol"
	"github.com/gregorhq/gregor/internal/protocol/wire"
)

// An answer with a string that does not fit is not sent. Another answer takes its place, and the
// pooled buffer of the first leaves nothing behind.
func TestAnswerThatCannotBeEncoded(t *testing.T) {
	k := newKeeper()
	_, addr := start(t, k, Options{})
	c := dial(t, addr)
	long := strings.Repeat("s", wire.MaxString+1)
	for i := range byte(3) {
		if _, err := c.Write(heartbeat(uint32(i), 0)); err != nil {
			t.Fatal(err)
		}
		x := <-k.news
		if err := x.Respond(&protocol.SyncGroupResponse{Assignment: []byte("x"), ProtocolType: &long}, 5); !errors.Is(err, wire.ErrTooLong) {
			t.Fatalf("a string of %d bytes: %v", len(long), err)
		}
		if err := x.Respond(&protocol.HeartbeatResponse{ErrorCode: -1}, 0); err != nil {
			t.Fatal(err)
		}
		var got [10]byte
		if _, err := io.ReadFull(c, got[:]); err != nil {
			t.Fatal(err)
		}
		if want := []byte{0, 0, 0, 6, 0, 0, 0, i, 0xff, 0xff}; !bytes.Equal(got[:], want) {
			t.Errorf("% x, want % x", got, want)
		}
	}
}
