package broker

import (
	"context"
	"log/slog"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"

	"go.uber.org/goleak"

	"github.com/gregorhq/gregor/internal/config"
	"github.com/gregorhq/gregor/vfs"
)

// deadMetadata fails the writes of the metadata log while on is set.
func deadMetadata(on *atomic.Bool) vfs.FS {
	return vfs.NewErrorFS(vfs.NewMem(), func(op vfs.Op) error {
		if on.Load() && strings.HasPrefix(op.Path, "/meta/__cluster_metadata-0") && (op.Kind == vfs.OpWrite || op.Kind == vfs.OpSync) {
			return syscall.EIO
		}
		return nil
	})
}

// The metadata log fails while a stop waits for the controlled shutdown. The stop goes on by
// itself.
func TestAFailureDuringAControlledShutdownEndsTheStop(t *testing.T) {
	var on atomic.Bool
	var lines logLines
	n, err := startNodeOn(t, deadMetadata(&on), &lines, "/a")
	if err != nil {
		t.Fatal(err)
	}
	createTopic(t, n, "orders")
	on.Store(true)
	stopped := make(chan struct{})
	n.BeginStop(func() { close(stopped) })
	<-stopped
	if n.Err() == nil || n.Err() == ErrStopped {
		t.Errorf("the node ended with %v", n.Err())
	}
}

// The metadata log fails while Begin still builds the engines. The node closes after Begin, and
// nothing of it goes on.
func TestAFailureDuringBeginClosesTheNodeBehindIt(t *testing.T) {
	before := goleak.IgnoreCurrent()
	var on atomic.Bool
	fsys := deadMetadata(&on)
	cfg, _, err := config.ParseMap(map[string]string{
		"process.roles": "broker,controller", "node.id": "1", "controller.listener.names": "CONTROLLER",
		"listeners": "PLAINTEXT://127.0.0.1:0,CONTROLLER://127.0.0.1:0", "log.dirs": "/a", "metadata.log.dir": "/meta",
	})
	if err != nil {
		t.Fatal(err)
	}
	var lines logLines
	var failing *Node
	logger := func(component string) *slog.Logger {
		if component == "replication" && failing != nil { // in build, behind the start of the quorum
			on.Store(true)
			<-failing.Done()
		}
		return slog.New(slog.NewTextHandler(&lines, nil))
	}
	n, err := Start(t.Context(), Options{Config: cfg, FS: fsys, Logger: logger})
	if err != nil {
		t.Fatal(err)
	}
	if err := n.Stop(t.Context()); err != nil {
		t.Fatal(err)
	}
	failing = New(Options{Config: cfg, FS: fsys, Logger: logger})
	ended := make(chan error, 1)
	failing.Begin(func(err error) { ended <- err })
	if err := <-ended; err == nil {
		t.Error("the start succeeds")
	}
	if err := failing.Stop(context.Background()); err == nil {
		t.Error("the stop has no reason")
	}
	if err := goleak.Find(before); err != nil {
		t.Error(err)
	}
}
