package broker

import (
	"runtime"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"

	"github.com/gregorhq/gregor/storage"
	"github.com/gregorhq/gregor/vfs"
)

// A write of the metadata log is under way while the node closes, and fails. The metadata log does
// not end well, so no directory gets the clean-shutdown marker, and Stop gives the reason.
func TestNoMarkerAfterAMetadataWriteThatFailsDuringTheClose(t *testing.T) {
	var on atomic.Bool
	began, release := make(chan struct{}, 100), make(chan struct{})
	mem := vfs.NewMem()
	fsys := vfs.NewErrorFS(mem, func(op vfs.Op) error {
		if !on.Load() || !strings.HasPrefix(op.Path, "/meta/__cluster_metadata-0") || !op.Mutates() {
			return nil
		}
		began <- struct{}{}
		<-release
		if op.Kind == vfs.OpWrite {
			return &vfs.TornWrite{N: op.Size / 2, Err: syscall.EIO}
		}
		return syscall.EIO
	})
	var lines logLines
	n, err := startNodeOn(t, fsys, &lines, "/a")
	if err != nil {
		t.Fatal(err)
	}
	createTopic(t, n, "orders")
	on.Store(true)
	stopped := make(chan struct{})
	n.BeginStop(func() { close(stopped) }) // the controlled shutdown writes a record
	<-began
	n.Hurry() // as the stop's time limit does
	for closing := false; !closing; runtime.Gosched() {
		n.publications.mu.Lock()
		closing = n.publications.closed
		n.publications.mu.Unlock()
	}
	close(release)
	<-stopped
	if vfs.Exists(mem, "/a/"+storage.CleanShutdownFile) {
		t.Error("the marker of a clean stop is written, although the metadata log has failed")
	}
	// The disk works again.
	again, err := startNodeOn(t, mem, &lines, "/a")
	if err != nil {
		t.Fatalf("the next start is refused: %v", err)
	}
	_ = again.Stop(t.Context())
}
