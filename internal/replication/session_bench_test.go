package replication

import (
	"testing"

	"github.com/gregorhq/gregor/internal/fetchsession"
	"github.com/gregorhq/gregor/internal/host"
	"github.com/gregorhq/gregor/vfs"
)

// BenchmarkIdleSession is one poll of an incremental session with 1000 partitions without changes:
// reads, the wait, the expiry.
func BenchmarkIdleSession(b *testing.B) {
	const partitions = 1000
	n := newNode(b, vfs.NewMem(), nil)
	n.createTopic("t", partitions)
	s := NewSessions(10, host.Real())
	var x fetchsession.Context
	for i := range partitions {
		x.Parts = append(x.Parts, fetchsession.Part{Key: fetchsession.Key{TopicID: topicID("t"), Partition: int32(i)}, Fetch: fetchsession.Fetch{MaxBytes: 1 << 20, CurrentLeaderEpoch: -1, LastFetchedEpoch: -1}})
	}
	s.Begin(startMs, fetchsession.Request{UsesTopicIDs: true}, &x)
	id, _ := s.Finish(startMs, &x)
	epoch := int32(1)
	b.ReportAllocs()
	for b.Loop() {
		x.Reset()
		if err := s.Begin(startMs, fetchsession.Request{SessionID: id, Epoch: epoch, UsesTopicIDs: true}, &x); err != 0 {
			b.Fatal(err)
		}
		epoch = fetchsession.NextEpoch(epoch)
		f := NewFetchRequest()
		f.MaxWaitMs, f.MinBytes, f.NowMs = 500, 1, startMs
		for i := range x.Parts {
			p := f.Add()
			p.TopicID, p.Partition, p.MaxBytes = x.Parts[i].Key.TopicID, x.Parts[i].Key.Partition, 1<<20
		}
		f.Done = func(f *FetchRequest) {
			if _, err := s.Finish(startMs, &x); err != 0 {
				b.Fatal(err)
			}
			f.Release()
		}
		n.m.Fetch(f)
		n.m.Expire(startMs + 500)
	}
}
