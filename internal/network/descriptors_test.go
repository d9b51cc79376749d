package network

import (
	"testing"
	"time"
)

// Connections leave descriptors for the files of the logs. A connection without room waits until
// another one has ended.
func TestConnectionsLeaveRoomForFiles(t *testing.T) {
	for _, c := range []struct{ descriptors, reserved, want int }{
		{0, 1500, 0}, {1 << 20, 0, 0}, {1 << 20, 1500, 1<<20 - 1500}, {1024, 1500, 512}, {1, 1500, 1},
	} {
		if got := room(c.descriptors, c.reserved); got != c.want {
			t.Errorf("%d descriptors, %d reserved: room for %d, want %d", c.descriptors, c.reserved, got, c.want)
		}
	}
	s := NewServer(talker{}, Options{})
	s.limits.most = 2
	l := &Listener{Name: "L"}
	if err := s.Bind(l, "127.0.0.1:0"); err != nil {
		t.Fatal(err)
	}
	s.Serve()
	t.Cleanup(func() { s.Stop(t.Context()) })
	first := dial(t, l.Addr().String())
	for range 3 {
		dial(t, l.Addr().String())
	}
	waitFor(t, func() bool { return s.open() == 2 })
	waitFor(t, func() bool { return l.Blocked(time.Now()) > 0 })
	if n := s.open(); n != 2 {
		t.Errorf("%d connections", n)
	}
	before := s.nextID.Load()
	_ = first.Close()
	waitFor(t, func() bool { return s.nextID.Load() > before && s.open() == 2 })
}
