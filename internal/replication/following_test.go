package replication

import (
	"errors"
	"slices"
	"sync/atomic"
	"testing"

	"github.com/gregorhq/gregor/internal/protocol"
	mr "github.com/gregorhq/gregor/internal/protocol/metadatarecord"
	"github.com/gregorhq/gregor/internal/replica"
	"github.com/gregorhq/gregor/record"
	"github.com/gregorhq/gregor/vfs"
)

// sentPeers are requests to other brokers, which a test answers.
type sentPeers struct {
	list []*sentRequest
}

type sentRequest struct {
	to   int32
	r    PeerRequest
	done func(protocol.Message, error)
}

func (p *sentPeers) Send(to int32, r PeerRequest, done func(protocol.Message, error)) {
	p.list = append(p.list, &sentRequest{to, r, done})
}

// take returns the next request, nil without one.
func (p *sentPeers) take() *sentRequest {
	if len(p.list) == 0 {
		return nil
	}
	s := p.list[0]
	p.list = p.list[1:]
	return s
}

// fetch expects a Fetch of one partition.
func (p *sentPeers) fetch(t *testing.T) (*sentRequest, protocol.FetchRequestPartition) {
	t.Helper()
	s := p.take()
	if s == nil {
		t.Fatal("no fetch")
	}
	req, ok := s.r.Message.(*protocol.FetchRequest)
	if !ok || len(req.Topics) != 1 || len(req.Topics[0].Partitions) != 1 {
		t.Fatalf("%+v", s.r.Message)
	}
	return s, req.Topics[0].Partitions[0]
}

// answer answers a Fetch for partition t-0.
func (s *sentRequest) answer(session int32, change func(*protocol.FetchResponsePartitionData)) {
	resp := protocol.New[protocol.FetchResponse]()
	resp.SessionID = session
	x := *protocol.New[protocol.FetchResponsePartitionData]()
	x.HighWatermark, x.LogStartOffset = 0, 0
	change(&x)
	resp.Responses = []protocol.FetchResponseFetchableTopicResponse{{TopicID: topicID("t"), Partitions: []protocol.FetchResponsePartitionData{x}}}
	s.done(resp, nil)
}

// follower is a node that follows broker 2 in t-0.
func follower(t *testing.T, fs vfs.FS, configs ...string) (*node, *sentPeers) {
	n, peers := newNode(t, fs, nil), &sentPeers{}
	n.m.opts.Peers = peers
	n.createTopic("t", 0, configs...)
	n.apply(partitionRecord(topicID("t"), 0, 2, 0, 1, 2), &mr.RegisterBrokerRecord{BrokerID: 2, BrokerEpoch: 7}, &mr.RegisterBrokerRecord{BrokerID: 1, BrokerEpoch: 6})
	return n, peers
}

// batchAt is a batch as a leader has it.
func batchAt(t testing.TB, offset int64, epoch int32, values ...string) record.Batch {
	b := batch(t, values...)
	b.SetBaseOffset(offset)
	b.SetPartitionLeaderEpoch(epoch)
	return b
}

func records(hw int64, b ...record.Batch) func(*protocol.FetchResponsePartitionData) {
	return func(x *protocol.FetchResponsePartitionData) {
		x.HighWatermark, x.Records.Bytes = hw, slices.Concat(b...)
	}
}

func (n *node) part() *Partition { return n.m.Partition("t", 0) }

func TestFollowerAppendsAndReportsItsDisk(t *testing.T) {
	n, peers := follower(t, vfs.NewMem())
	s, p := peers.fetch(t)
	req := s.r.Message.(*protocol.FetchRequest)
	if s.to != 2 || !s.r.LongPoll || s.r.MinVersion != 13 || req.ReplicaState.ReplicaID != 1 || p.FetchOffset != 0 || p.LastFetchedEpoch != -1 || p.DurableOffset != 0 {
		t.Errorf("%+v %+v", req, p)
	}
	s.answer(5, records(1, batchAt(t, 0, 0, "a", "b")))
	l := n.part().Log()
	if l.LogEndOffset() != 2 || l.HighWatermark() != 1 {
		t.Fatalf("end %d, high watermark %d", l.LogEndOffset(), l.HighWatermark())
	}
	if x := peers.take(); x != nil {
		t.Fatalf("a fetch before the sync: %+v", x.r.Message)
	}
	n.logs.Commit()
	s, p = peers.fetch(t)
	if p.FetchOffset != 2 || p.DurableOffset != 2 || p.LastFetchedEpoch != 0 || s.r.Message.(*protocol.FetchRequest).ReplicaState.ReplicaEpoch != 6 {
		t.Errorf("%+v", p)
	}
	// The high watermark of the leader may be above the end of this log.
	s.answer(5, records(9, batchAt(t, 2, 0, "c")))
	if l.HighWatermark() != 3 {
		t.Errorf("high watermark %d", l.HighWatermark())
	}
	if got := n.m.Stats().ReplicaBytesIn.Load(); got != int64(len(batchAt(t, 0, 0, "a", "b"))+len(batchAt(t, 0, 0, "c"))) {
		t.Errorf("%d bytes", got)
	}
}

// With write.caching nothing waits for the disk.
func TestFollowerWithWriteCaching(t *testing.T) {
	n, peers := follower(t, vfs.NewMem(), "write.caching", "true")
	s, _ := peers.fetch(t)
	s.answer(5, records(0, batchAt(t, 0, 0, "a")))
	if _, p := peers.fetch(t); p.FetchOffset != 1 || p.DurableOffset != 0 {
		t.Errorf("%+v", p)
	}
	if n.logs.Commit() != 0 {
		t.Error("a sync was asked for")
	}
}

func TestFollowerTruncatesByEpoch(t *testing.T) {
	n, peers := follower(t, vfs.NewMem())
	s, _ := peers.fetch(t)
	s.answer(5, records(1, batchAt(t, 0, 0, "a"), batchAt(t, 1, 0, "b"), batchAt(t, 2, 0, "c")))
	n.logs.Commit()
	s, _ = peers.fetch(t)
	diverges := func(epoch int32, end int64) func(*protocol.FetchResponsePartitionData) {
		return func(x *protocol.FetchResponsePartitionData) {
			x.HighWatermark = 100 // it must not count before the logs agree (KAFKA-14704)
			x.DivergingEpoch = protocol.FetchResponseEpochEndOffset{Epoch: epoch, EndOffset: end}
		}
	}
	s.answer(5, diverges(0, 2))
	l := n.part().Log()
	if l.LogEndOffset() != 2 || l.HighWatermark() != 1 {
		t.Fatalf("end %d, high watermark %d", l.LogEndOffset(), l.HighWatermark())
	}
	s, p := peers.fetch(t)
	if p.FetchOffset != 2 || p.DurableOffset != 2 {
		t.Errorf("%+v", p)
	}
	// A truncation below the high watermark lowers it.
	s.answer(5, diverges(0, 0))
	if l.LogEndOffset() != 0 || l.HighWatermark() != 0 || n.part().core.HighWatermark() != 0 {
		t.Errorf("end %d, high watermark %d", l.LogEndOffset(), l.HighWatermark())
	}
}

func TestFollowerBeginsAgainAtTheLeadersStart(t *testing.T) {
	n, peers := follower(t, vfs.NewMem())
	s, _ := peers.fetch(t)
	s.answer(5, func(x *protocol.FetchResponsePartitionData) { x.ErrorCode = protocol.ErrOffsetOutOfRange.Code() })
	for _, offset := range []int64{20, 10} { // the log end, then the log start
		q := peers.take()
		req, ok := q.r.Message.(*protocol.ListOffsetsRequest)
		if !ok || q.r.LongPoll || req.ReplicaID != 1 || req.Topics[0].Name != "t" {
			t.Fatalf("%+v", q.r.Message)
		}
		q.done(&protocol.ListOffsetsResponse{Topics: []protocol.ListOffsetsResponseTopicResponse{{Name: "t",
			Partitions: []protocol.ListOffsetsResponsePartitionResponse{{Offset: offset}}}}}, nil)
	}
	l := n.part().Log()
	if l.LogStartOffset() != 10 || l.LogEndOffset() != 10 || l.HighWatermark() != 10 {
		t.Fatalf("%d %d %d", l.LogStartOffset(), l.HighWatermark(), l.LogEndOffset())
	}
	s, p := peers.fetch(t)
	if p.FetchOffset != 10 || p.LogStartOffset != 10 {
		t.Errorf("%+v", p)
	}
	// The leader's log start is inside a batch.
	s.answer(5, func(x *protocol.FetchResponsePartitionData) {
		records(13, batchAt(t, 8, 0, "a", "b", "c", "d", "e"))(x)
		x.LogStartOffset = 10
	})
	if l.LogStartOffset() != 10 || l.LogEndOffset() != 13 || l.HighWatermark() != 13 || n.part().core.LowWatermark(func(int32) bool { return true }) != 10 {
		t.Errorf("%d %d %d", l.LogStartOffset(), l.HighWatermark(), l.LogEndOffset())
	}
	n.logs.Commit()
	s, _ = peers.fetch(t)
	s.answer(5, func(x *protocol.FetchResponsePartitionData) { x.HighWatermark, x.LogStartOffset = 13, 12 })
	if l.LogStartOffset() != 12 {
		t.Errorf("the log start %d does not follow", l.LogStartOffset())
	}
}

// A new leader is fetched at once. Answers of the old one change nothing, and a leader fetches
// nothing.
func TestFollowerChangesItsLeader(t *testing.T) {
	n, peers := follower(t, vfs.NewMem())
	old, _ := peers.fetch(t)
	n.apply(partitionRecord(topicID("t"), 0, 3, 1, 1, 2, 3))
	s, p := peers.fetch(t)
	if s.to != 3 || p.CurrentLeaderEpoch != 1 {
		t.Fatalf("%d %+v", s.to, p)
	}
	old.answer(5, records(1, batchAt(t, 0, 0, "a")))
	if end := n.part().Log().LogEndOffset(); end != 0 {
		t.Fatalf("the old leader moved the end to %d", end)
	}
	n.apply(partitionRecord(topicID("t"), 0, 1, 2, 1, 2, 3))
	s.answer(6, records(1, batchAt(t, 0, 1, "b")))
	if x := peers.take(); x != nil || n.part().Log().LogEndOffset() != 0 || n.part().source != nil {
		t.Fatalf("a leader follows: %+v", x)
	}
	n.apply(partitionRecord(topicID("t"), 0, -1, 3, 1, 2, 3))
	if x := peers.take(); x != nil {
		t.Errorf("a fetch without a leader: %+v", x)
	}
	n.apply(partitionRecord(topicID("t"), 0, 2, 4, 1, 2, 3))
	if s := peers.take(); s == nil || s.to != 2 {
		t.Fatal("no fetch from the leader of epoch 4")
	}
	n.apply(&mr.RemoveTopicRecord{TopicID: topicID("t")})
	if n.m.followingOf(2).core.Len() != 0 {
		t.Error("a deleted topic is fetched")
	}
}

type gone struct{ error }

func (gone) Gone() bool { return true }

func TestFollowerTriesAgain(t *testing.T) {
	n, peers := follower(t, vfs.NewMem())
	s, _ := peers.fetch(t)
	s.done(nil, gone{errors.New("refused")})
	s, _ = peers.fetch(t) // at once: the process may be there again
	s.done(nil, gone{errors.New("refused")})
	if x := peers.take(); x != nil {
		t.Fatal("no pause")
	}
	n.now.Add(20)
	if pause := n.m.followingOf(2).tick(); pause > 0 {
		t.Errorf("next step after %v", pause)
	}
	s, _ = peers.fetch(t)
	// Damaged records are not appended, and fetched again after replica.fetch.backoff.ms.
	bad := batchAt(t, 0, 0, "a")
	bad[len(bad)-1] ^= 1
	s.answer(5, records(0, bad))
	if n.part().Log().LogEndOffset() != 0 || peers.take() != nil {
		t.Fatal("damaged records")
	}
	n.now.Add(1000)
	n.m.followingOf(2).tick()
	if s = peers.take(); s == nil { // the session has the partition at this position
		t.Fatal("no fetch after the pause")
	}
	s.answer(5, func(x *protocol.FetchResponsePartitionData) { x.ErrorCode = protocol.ErrKafkaStorageError.Code() })
	if peers.take() != nil {
		t.Error("no pause after an error of the leader")
	}
}

// A log without leader epochs keeps its committed records only.
func TestFollowerWithoutEpochs(t *testing.T) {
	fs := vfs.NewMem()
	n, peers := follower(t, fs)
	s, _ := peers.fetch(t)
	s.answer(5, records(1, batchAt(t, 0, -1, "a"), batchAt(t, 1, -1, "b")))
	n.logs.Stop(true, 6)
	late := &sentPeers{}
	m := newNodeWith(t, fs, n, late)
	if l := m.Partition("t", 0).Log(); l.LogEndOffset() != 1 || l.HighWatermark() != 1 {
		t.Errorf("end %d, high watermark %d", l.LogEndOffset(), l.HighWatermark())
	}
	if _, p := late.fetch(t); p.FetchOffset != 1 {
		t.Errorf("%+v", p)
	}
}

func TestStoppedFollower(t *testing.T) {
	n, peers := follower(t, vfs.NewMem())
	s, _ := peers.fetch(t)
	n.m.Stop()
	s.answer(5, records(1, batchAt(t, 0, 0, "a")))
	n.logs.Commit()
	if n.part().Log().LogEndOffset() != 0 || peers.take() != nil {
		t.Error("a follower appends after Stop")
	}
	n.apply(partitionRecord(topicID("t"), 0, 3, 1, 1, 2, 3))
	if peers.take() != nil {
		t.Error("a follower fetches after Stop")
	}
}

// A directory that fails ends the fetching of its partitions.
func TestFollowerOnAFailedDisk(t *testing.T) {
	var broken atomic.Bool
	fs := vfs.NewErrorFS(vfs.NewMem(), func(op vfs.Op) error {
		if broken.Load() && op.Kind == vfs.OpWrite {
			return errors.New("no space left on device")
		}
		return nil
	})
	n, peers := follower(t, fs)
	s, _ := peers.fetch(t)
	broken.Store(true)
	s.answer(5, records(1, batchAt(t, 0, 0, "a")))
	n.m.jobs.Wait()
	if n.part().Leadership().Role() != replica.Offline || peers.take() != nil || n.m.followingOf(2).core.Len() != 0 {
		t.Errorf("role %v", n.part().Leadership().Role())
	}
}

// Changed settings hold for the next fetch.
func TestFollowerSettings(t *testing.T) {
	n, peers := follower(t, vfs.NewMem())
	s, p := peers.fetch(t)
	if p.PartitionMaxBytes != 1<<20 || s.r.Message.(*protocol.FetchRequest).MaxBytes != 10<<20 {
		t.Errorf("%+v", p)
	}
	n.m.opts.BrokerEpoch = func() int64 { return 33 }
	n.m.ConfigChanged()
	s.answer(5, records(1, batchAt(t, 0, 0, "a")))
	n.logs.Commit()
	s, _ = peers.fetch(t)
	if got := s.r.Message.(*protocol.FetchRequest).ReplicaState.ReplicaEpoch; got != 33 {
		t.Errorf("broker epoch %d", got)
	}
}
