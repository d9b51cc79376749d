package replication

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/gregorhq/gregor/internal/protocol"
	"github.com/gregorhq/gregor/storage"
	"github.com/gregorhq/gregor/vfs"
)

// A .log file of a running broker loses its last bytes, and the log was not truncated. A consumer
// of the last batch gets an error, no empty answers for ever.
func TestShortFileOfARunningBroker(t *testing.T) {
	disk := vfs.NewMem()
	n := newNode(t, disk, nil)
	n.createTopic("t", 1)
	for range 5 {
		n.produce("t", 0, strings.Repeat("x", 200))
	}
	f, err := vfs.Open(disk, filepath.Join("/data/t-0", "00000000000000000000.log"))
	if err != nil {
		t.Fatal(err)
	}
	size, _ := f.Size()
	_ = f.Truncate(size - 20)
	for range 3 {
		r := NewFetchRequest()
		r.MaxWaitMs, r.MinBytes, r.NowMs = 0, 1, n.now.Load()
		p := r.Add()
		p.Topic, p.Partition, p.Offset, p.MaxBytes, p.CurrentLeaderEpoch, p.LastFetchedEpoch = "t", 0, 4, 1<<20, -1, -1
		var code protocol.Error
		var bytes int
		r.Done = func(r *FetchRequest) { // as handlers.fetchCall.records does
			x := &r.Parts[0]
			b, err := x.Slice.ReadInto(nil)
			x.Slice.Close()
			if err != nil {
				x.ReadFailed(err)
				b = nil
			}
			code, bytes = x.Err, len(b)
		}
		n.m.Fetch(r)
		n.m.jobs.Wait()
		if code == protocol.ErrNone && bytes == 0 {
			t.Errorf("fetch at 4 of 5: error %v, %d bytes, partition damaged: %v", code, bytes, n.logs.Damaged(storage.TopicPartition{Topic: "t"}, topicID("t")))
		} else {
			t.Log(code, bytes)
		}
	}
}
