package broker

import (
	"errors"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"

	"github.com/gregorhq/gregor/vfs"
)

// A change that is committed after the node has failed is acknowledged, so the reads after it must
// show it.
func TestAFailedNodeShowsWhatItAcknowledges(t *testing.T) {
	var lines logLines
	n, err := startNodeOn(t, vfs.NewMem(), &lines, "/a")
	if err != nil {
		t.Fatal(err)
	}
	createTopic(t, n, "orders")
	failure := errors.New("all log directories have failed")
	n.failure.Store(&failure) // fail also closes the connections, a little later
	createTopic(t, n, "later")
	if n.image.Load().Topics().ByName("later") == nil {
		t.Error("the topic is acknowledged, and the image has no such topic")
	}
	if err := n.Stop(t.Context()); err != nil && !strings.Contains(err.Error(), "all log directories") {
		t.Error(err)
	}
}

// The start must not advise to give up a metadata log because its folder cannot be read.
func TestAnUnreadableMetadataFolderIsNotAMissingOne(t *testing.T) {
	for _, cause := range []error{syscall.EIO, syscall.EMFILE, syscall.EACCES} {
		var on atomic.Bool
		fsys := vfs.NewErrorFS(vfs.NewMem(), func(op vfs.Op) error {
			if on.Load() && strings.HasPrefix(op.Path, "/meta/__cluster_metadata-0") {
				return cause
			}
			return nil
		})
		var lines logLines
		n, err := startNodeOn(t, fsys, &lines, "/a")
		if err != nil {
			t.Fatal(err)
		}
		createTopic(t, n, "orders")
		if err := n.Stop(t.Context()); err != nil {
			t.Fatal(err)
		}
		on.Store(true)
		n, err = startNodeOn(t, fsys, &lines, "/a")
		if err == nil {
			t.Errorf("%v: started", cause)
			_ = n.Stop(t.Context())
		} else if !errors.Is(err, cause) || strings.Contains(err.Error(), "is missing") {
			t.Errorf("%v: %v", cause, err)
		}
	}
}
