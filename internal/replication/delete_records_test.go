package replication

import (
	"errors"
	"strings"
	"testing"

	"github.com/gregorhq/gregor/internal/protocol"
	"github.com/gregorhq/gregor/vfs"
)

// What is answered as deleted must stay deleted after a restart.
func TestDeleteRecordsThatCannotBeWrittenDown(t *testing.T) {
	broken := false
	n := newNode(t, vfs.WithHook(vfs.NewMem(), func(op vfs.Op) error {
		if broken && strings.Contains(op.Path, "log-start-offset") {
			return errors.New("EIO")
		}
		return nil
	}), nil)
	n.createTopic("t", 1)
	n.produce("t", 0, "a", "b", "c")
	broken = true
	var answer []DeletePart
	n.m.DeleteRecords([]DeletePart{{Topic: "t", Offset: 2}}, 1000, func(p []DeletePart) { answer = p })
	if len(answer) != 1 || answer[0].Err != protocol.ErrKafkaStorageError || answer[0].LowWatermark != -1 {
		t.Errorf("%+v", answer)
	}
}
