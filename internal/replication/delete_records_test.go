package replication

import (
	"errors"
	"strings"
	"testing"

	"github.com/gregorhq/gregor/internal/protocol"
	"github.com/gregorhq/gregor/vfs"
)

// DeleteRecords fails if the deletion would not survive a restart.
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

// Only a topic that is compacted and never deleted from refuses DeleteRecords, as in Apache Kafka.
func TestDeleteRecordsByCleanupPolicy(t *testing.T) {
	n := newNode(t, vfs.NewMem(), nil)
	for i, c := range []struct {
		policy string
		want   protocol.Error
	}{
		{"delete", protocol.ErrNone}, {"", protocol.ErrNone}, {"compact,delete", protocol.ErrNone}, {"compact", protocol.ErrPolicyViolation},
	} {
		name := string(rune('a' + i))
		n.createTopic(name, 1)
		n.produce(name, 0, "x")
		n.apply(topicConfigRecord(name, "cleanup.policy", c.policy))
		var answer []DeletePart
		n.m.DeleteRecords([]DeletePart{{Topic: name, Offset: 1}}, 1000, func(p []DeletePart) { answer = p })
		if len(answer) != 1 || answer[0].Err != c.want {
			t.Errorf("cleanup.policy=%q: %+v", c.policy, answer)
		}
	}
}
