package quorum

import (
	"os"
	"syscall"
	"testing"
	"time"

	"github.com/gregorhq/gregor/internal/controller"
	"github.com/gregorhq/gregor/internal/protocol"
	"github.com/gregorhq/gregor/vfs"
)

// The metadata log lacks file descriptors for longer than the session timeout. The broker sends
// heartbeats as internal/broker does: one in flight, the next one two seconds after the last. The
// controller cannot answer, and often not hear, so the broker keeps its session.
func TestStalledLogEndsNoSession(t *testing.T) {
	for _, c := range []struct {
		name          string
		length, first time.Duration
	}{
		{"the heartbeat waits for the stalled write", 12 * time.Second, 0},
		{"the heartbeat arrives later and is not decided", 12 * time.Second, time.Second},
		{"a long stall", 25 * time.Second, time.Second},
		{"the heartbeat has just timed out", 31100 * time.Millisecond, time.Second},
		{"several heartbeats have timed out", 40 * time.Second, time.Second},
	} {
		t.Run(c.name, func(t *testing.T) { stalledSession(t, c.length, c.first) })
	}
}

func stalledSession(t *testing.T, length, first time.Duration) {
	mem := vfs.NewMem()
	formatTest(t, mem, false)
	few := false
	o := testOptions(vfs.NewErrorFS(mem, func(op vfs.Op) error {
		if few && (op.Kind == vfs.OpOpen || op.Kind == vfs.OpCreate || op.Kind == vfs.OpSyncDir) {
			return &os.PathError{Op: "open", Path: op.Path, Err: syscall.EMFILE}
		}
		return nil
	}), false)
	n := openNode(t, o.FS, o, time.UnixMilli(1_800_000_000_000))
	n.register()
	n.create("a", 1)
	n.c.engine.store.log = &stallingLog{n.c.engine.store.log, &few}
	few = true
	controller.CreateTopics.Call(n.c, Request{Version: 7}, &protocol.CreateTopicsRequest{TimeoutMs: 1000,
		Topics: []protocol.CreateTopicsRequestCreatableTopic{{Name: "b", NumPartitions: 1, ReplicationFactor: -1}}},
		func(*protocol.CreateTopicsResponse) {})
	answered, sent := new(bool), n.now.Add(first-2*time.Second)
	*answered = true
	for at := time.Duration(0); at < length+3*time.Second; at += tickInterval {
		few = at < length
		if *answered && n.now.Sub(sent) >= 2*time.Second {
			sent = n.now
			answered = n.sendHeartbeat()
		}
		n.c.process()
		n.now = n.now.Add(tickInterval)
		n.c.engine.tick()
		if n.c.Image().Broker(1).Fenced {
			t.Fatalf("the broker is fenced after %v", at)
		}
	}
}

// stallingLog cannot sync while there are few descriptors.
type stallingLog struct {
	logStore
	few *bool
}

func (l *stallingLog) Sync(to int64) error {
	if *l.few {
		return &os.PathError{Op: "sync", Path: "x", Err: syscall.EMFILE}
	}
	return l.logStore.Sync(to)
}
