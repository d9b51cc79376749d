package quorum

import (
	"testing"
	"time"

	"github.com/gregorhq/gregor/vfs"
)

// A pause of the process or the machine is time in which the controller could not receive
// heartbeats, so it ends no session. Without a pause, a broker that sends nothing is fenced.
func TestPauseEndsNoSession(t *testing.T) {
	fsys := vfs.NewMem()
	formatTest(t, fsys, true)
	n := openNode(t, fsys, testOptions(fsys, true), time.UnixMilli(1_800_000_000_000))
	defer n.close()
	n.register()
	for _, pause := range []time.Duration{9 * time.Second, time.Minute, 24 * time.Hour} {
		n.now = n.now.Add(pause)
		n.c.engine.tick()
		n.c.process()
		if !n.c.Image().IsActive(1) {
			t.Fatalf("the broker is fenced after a pause of %v", pause)
		}
		n.heartbeat()
	}
	for range 25 { // broker.session.timeout.ms is 9 s
		n.now = n.now.Add(400 * time.Millisecond)
		n.c.engine.tick()
	}
	if n.c.Image().IsActive(1) {
		t.Error("a broker that sends nothing for 10 s is not fenced")
	}
}

// A heartbeat that has arrived during a pause counts before the controller looks at the clock.
func TestStepTakesInputBeforeTheClock(t *testing.T) {
	fsys := vfs.NewMem()
	formatTest(t, fsys, true)
	n := openNode(t, fsys, testOptions(fsys, true), time.UnixMilli(1_800_000_000_000))
	defer n.close()
	n.register()
	for range 22 { // almost the whole session
		n.now = n.now.Add(400 * time.Millisecond)
		n.c.step()
	}
	answered := n.sendHeartbeat()
	n.now = n.now.Add(time.Second)
	n.c.step()
	if ended := n.c.Stats().SessionsEnded.Load(); !*answered || ended != 0 {
		t.Errorf("answered %v, %d sessions ended", *answered, ended)
	}
}
