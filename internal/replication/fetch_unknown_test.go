package replication

import (
	"testing"

	"github.com/gregorhq/gregor/internal/protocol"
	"github.com/gregorhq/gregor/vfs"
)

// A partition that does not exist beside one that is idle does not end the wait: a client that
// keeps asking for a deleted topic would get thousands of answers each second. Apache Kafka 4.4
// waits, too.
func TestFetchWaitsBesideAnUnknownPartition(t *testing.T) {
	n := newNode(t, vfs.NewMem(), nil)
	n.createTopic("t", 1)
	for _, unknown := range []struct {
		topic     string
		partition int32
		id        [16]byte
		want      protocol.Error
	}{
		{topic: "nope", want: protocol.ErrUnknownTopicOrPartition},
		{topic: "t", partition: 3, want: protocol.ErrUnknownTopicOrPartition},
		{topic: "gone", id: topicID("gone"), want: protocol.ErrUnknownTopicID},
	} {
		var done []protocol.Error
		f := NewFetchRequest()
		f.MaxWaitMs, f.MinBytes, f.NowMs, f.Isolation = 500, 1, n.now.Load(), ReadUncommitted
		*f.Add() = FetchPart{Topic: "t", MaxBytes: 1 << 20, CurrentLeaderEpoch: -1, LastFetchedEpoch: -1}
		*f.Add() = FetchPart{Topic: unknown.topic, Partition: unknown.partition, TopicID: unknown.id, MaxBytes: 1 << 20, CurrentLeaderEpoch: -1, LastFetchedEpoch: -1}
		f.Done = func(f *FetchRequest) {
			for i := range f.Parts {
				done = append(done, f.Parts[i].Err)
				f.Parts[i].Slice.Close()
			}
			f.Release()
		}
		n.m.Fetch(f)
		if n.m.Expire(n.now.Load() + 499); len(done) > 0 {
			t.Errorf("%+v: the answer does not wait", unknown)
			continue
		}
		n.now.Add(500)
		n.m.Expire(n.now.Load())
		if len(done) != 2 || done[0] != protocol.ErrNone || done[1] != unknown.want {
			t.Errorf("%+v: %v", unknown, done)
		}
	}
}
