package replication

import (
	"io"
	"syscall"
	"testing"

	"github.com/gregorhq/gregor/internal/protocol"
	"github.com/gregorhq/gregor/vfs"
)

// A disk that fails under an answer fails the partition and takes the directory offline. The answer
// was an empty one without an error: the simulator found it (seed 203 with failing disks).
func TestReadErrorOfAnAnswerFailsThePartition(t *testing.T) {
	n := newNode(t, vfs.NewMem(), nil)
	n.createTopic("t", 1)
	n.produce("t", 0, "a")
	part := &FetchPart{p: n.m.Partition("t", 0)}
	if err := part.p.log.TruncateFullyAndStartAt(0); err != nil { // after the part was read
		t.Fatal(err)
	}
	for _, err := range []error{io.EOF, io.ErrUnexpectedEOF} {
		if part.ReadFailed(err); part.Err != protocol.ErrNone || n.logs.Dirs()[0].Err() != nil {
			t.Errorf("%v: %v, directory %v: bytes that were truncated are no failed disk", err, part.Err, n.logs.Dirs()[0].Err())
		}
	}
	if part.ReadFailed(syscall.EIO); part.Err != protocol.ErrKafkaStorageError {
		t.Errorf("EIO: %v", part.Err)
	}
	n.m.jobs.Wait()
	if n.logs.Dirs()[0].Err() == nil {
		t.Error("the directory is in service after EIO")
	}
}
