package coordinator

import (
	"testing"

	"github.com/gregorhq/gregor/internal/group"
	"github.com/gregorhq/gregor/internal/protocol"
	"github.com/gregorhq/gregor/internal/shard"
)

// Setting the wall clock ends no session, and makes none last.
func TestSessionsWhenTheClockIsSet(t *testing.T) {
	const hour = 3600_000
	for _, by := range []int64{0, hour, -hour} {
		f := newGroups()
		pass := func(ms int64) {
			f.pass(ms)
			f.tick()
		}
		id := f.stable(t)
		beat := func() (err protocol.Error) {
			group.Heartbeat.Call(f, shard.Request{}, &protocol.HeartbeatRequest{GroupID: "g", MemberID: id, GenerationID: 1}, func(r *protocol.HeartbeatResponse) { err = protocol.Error(r.ErrorCode) })
			return err
		}
		pass(4000)
		if err := beat(); err != protocol.ErrNone {
			t.Fatal(err)
		}
		pass(7000) // the timer that was set first has fired, the session continues
		f.now += by
		pass(2500)
		if n := f.counts().Groups[group.Stable]; n != 1 {
			t.Errorf("clock set by %d: the session has ended 0.5 s early", by)
		}
		if err := beat(); err != protocol.ErrNone {
			t.Errorf("clock set by %d: %v", by, err)
		}
		pass(9900)
		if n := f.counts().Groups[group.Stable]; n != 1 {
			t.Errorf("clock set by %d: the session has ended early", by)
		}
		pass(200)
		if n := f.counts().Groups[group.Empty]; n != 1 {
			t.Errorf("clock set by %d: a session of 10 s lasts longer: %v", by, f.counts().Groups)
		}
	}
}
