package replication

import (
	"io/fs"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/gregorhq/gregor/internal/protocol"
	mr "github.com/gregorhq/gregor/internal/protocol/metadatarecord"
	"github.com/gregorhq/gregor/vfs"
)

// scarce makes files whose path contains a text fail to open while on is set.
func scarce(on *bool, in string) vfs.FS {
	return vfs.WithHook(vfs.NewMem(), func(op vfs.Op) error {
		if *on && (op.Kind == vfs.OpOpen || op.Kind == vfs.OpCreate) && strings.Contains(op.Path, in) {
			return &fs.PathError{Op: "open", Path: op.Path, Err: syscall.EMFILE}
		}
		return nil
	})
}

// A log that cannot be made for want of file descriptors is made later, by itself. The simulator
// found that it stayed offline until a restart (seed 108).
func TestLogIsMadeOnceThereAreDescriptors(t *testing.T) {
	few := true
	n := newNode(t, scarce(&few, "t-0"), nil)
	n.createTopic("t", 1)
	if p := n.m.Partition("t", 0); p == nil || p.Log() != nil {
		t.Fatal("the log was made without descriptors")
	}
	if n.m.reopenAll() <= 0 {
		t.Fatal("no pause before the next try")
	}
	n.now.Add(reopenPause.Milliseconds())
	n.m.reopenAll() // still none
	few = false
	n.now.Add(reopenPause.Milliseconds())
	if pause := n.m.reopenAll(); pause > 0 {
		t.Fatalf("another try after %v", pause)
	}
	n.produce("t", 0, "a")
	if n.m.Partition("t", 0).Log().LogEndOffset() != 1 {
		t.Error("the record is not in the log")
	}
	if n.logs.Dirs()[0].Err() != nil {
		t.Error(n.logs.Dirs()[0].Err())
	}
}

// A topic that is deleted while its log cannot be opened is not made again.
func TestDeletedTopicIsNotMadeAgain(t *testing.T) {
	few := true
	n := newNode(t, scarce(&few, "t-0"), nil)
	n.createTopic("t", 1)
	n.apply(&mr.RemoveTopicRecord{TopicID: topicID("t")})
	few = false
	n.now.Add(time.Minute.Milliseconds())
	n.m.reopenAll()
	if n.m.Partition("t", 0) != nil {
		t.Error("the partition is there")
	}
}

// DeleteRecords is acknowledged once the log start offset is on disk. The simulator found that a
// lack of file descriptors was ignored (seed 313).
func TestDeleteRecordsWithoutDescriptors(t *testing.T) {
	few := false
	n := newNode(t, scarce(&few, "log-start-offset"), nil)
	n.createTopic("t", 1)
	n.produce("t", 0, "a", "b", "c")
	few = true
	if x := n.deleteRecords("t", 2); x.Err != protocol.ErrKafkaStorageError || x.LowWatermark != -1 {
		t.Errorf("without descriptors: %+v", x)
	}
	few = false
	if x := n.deleteRecords("t", 2); x.Err != protocol.ErrNone || x.LowWatermark != 2 {
		t.Errorf("the next try: %+v", x)
	}
}

func (n *node) deleteRecords(topic string, offset int64) (answer DeletePart) {
	n.m.DeleteRecords([]DeletePart{{Topic: topic, Offset: offset}}, 1000, func(p []DeletePart) { answer = p[0] })
	return answer
}
