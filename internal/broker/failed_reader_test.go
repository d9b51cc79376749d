package broker

import (
	"errors"
	"io"
	"net"
	"testing"
	"time"

	"github.com/gregorhq/gregor/internal/config"
	"github.com/gregorhq/gregor/vfs"
)

// A node fails while a client does not read its answers. The connections of other clients close.
func TestAFailedNodeDoesNotWaitForAClientThatDoesNotRead(t *testing.T) {
	cfg, _, err := config.ParseMap(map[string]string{"listeners": "PLAINTEXT://127.0.0.1:0", "log.dirs": "/a"})
	if err != nil {
		t.Fatal(err)
	}
	n, err := Start(t.Context(), Options{Config: cfg, FS: vfs.NewMem()})
	if err != nil {
		t.Fatal(err)
	}
	dial := func() net.Conn {
		c, err := net.Dial("tcp", n.BoundAddr("PLAINTEXT"))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = c.Close() })
		return c
	}
	apiVersions := []byte{0, 0, 0, 11, 0, 18, 0, 0, 0, 0, 0, 7, 0, 1, 'x'}
	silent, other := dial(), dial()
	_ = silent.(*net.TCPConn).SetReadBuffer(4096)
	if _, err := other.Write(apiVersions); err != nil {
		t.Fatal(err)
	}
	var many []byte
	for range 1000 {
		many = append(many, apiVersions...)
	}
	// The broker stops reading when enough answers wait.
	for err == nil {
		_ = silent.SetWriteDeadline(time.Now().Add(500 * time.Millisecond))
		_, err = silent.Write(many)
	}
	n.fail(errors.New("all log directories have failed"))
	_ = other.SetReadDeadline(time.Now().Add(30 * time.Second))
	var timeout net.Error
	if _, err := io.Copy(io.Discard, other); errors.As(err, &timeout) && timeout.Timeout() {
		t.Error("the connections of the failed node stay open")
	}
	_ = n.Stop(t.Context())
}
