package replication

import (
	"testing"

	"github.com/gregorhq/gregor/internal/protocol"
	mr "github.com/gregorhq/gregor/internal/protocol/metadatarecord"
	"github.com/gregorhq/gregor/vfs"
)

// Requests that wait when their topic is deleted get Apache Kafka's answer, which is that of a
// request after the deletion: DelayedFetch, DelayedProduce and DelayedDeleteRecords look for the
// partition again.
func TestDeletedTopicIsUnknownToWaitingRequests(t *testing.T) {
	n := replicated(t)
	produced := n.send("t", 0, AcksAll, batch(t, "a"))
	n.logs.Commit()
	fetched := n.fetch("t", 0, 0, fetchOptions{maxWaitMs: 500})
	followed := n.follow(1, 500)
	n.send("t", 0, AcksLeader, batch(t, "b"))
	n.follow(1, 0)
	var deleted []DeletePart
	n.m.DeleteRecords([]DeletePart{{Topic: "t", Offset: ToHighWatermark}}, 1000, func(p []DeletePart) { deleted = p })
	again := n.send("t", 0, AcksAll, batch(t, "c"))
	n.logs.Commit()
	held, _ := n.m.find("t", noTopicID, 0)
	if produced.Load() == nil || produced.Load().Err != protocol.ErrNone || fetched.Load() == nil || followed.Load() == nil || again.Load() != nil || deleted != nil {
		t.Fatalf("%+v %+v %+v", produced.Load(), again.Load(), deleted)
	}
	waiting := n.fetch("t", 0, 1, fetchOptions{maxWaitMs: 500})
	n.apply(&mr.RemoveTopicRecord{TopicID: topicID("t")})
	if g := waiting.Load(); g == nil || g.Err != protocol.ErrUnknownTopicOrPartition || g.LeaderID != -1 || g.LeaderEpoch != -1 {
		t.Errorf("fetch: %+v", g)
	}
	if p := again.Load(); p == nil || p.Err != protocol.ErrUnknownTopicOrPartition || p.LeaderID != -1 {
		t.Errorf("produce: %+v", p)
	}
	if len(deleted) != 1 || deleted[0].Err != protocol.ErrUnknownTopicOrPartition || deleted[0].LowWatermark != -1 {
		t.Errorf("DeleteRecords: %+v", deleted)
	}
	if late := n.fetchNow("t", 0, 1, fetchOptions{}); late.Found() || !waiting.Load().Found() {
		t.Errorf("found: %v before the deletion, %v after it", waiting.Load().Found(), late.Found())
	}
	// A request that found the partition just before the deletion.
	late := &AppendPart{Records: batch(t, "d"), req: &AppendRequest{m: n.m}, p: held, Epoch: -1, LeaderID: -1}
	held.appendRound(late)
	if late.Err != protocol.ErrUnknownTopicOrPartition || late.LeaderID != -1 {
		t.Errorf("late append: %+v", late)
	}
	if held.checkLeader(-1) != protocol.ErrUnknownTopicOrPartition || held.checkEpoch(-1) != protocol.ErrUnknownTopicOrPartition {
		t.Errorf("%v, %v", held.checkLeader(-1), held.checkEpoch(-1))
	}
}

// A replica that moves to other brokers is not a deleted topic: the client looks for the leader.
func TestMovedReplicaIsNoDeletedTopic(t *testing.T) {
	n := newNode(t, vfs.NewMem(), nil)
	n.createTopic("t", 1)
	waiting := n.fetch("t", 0, 0, fetchOptions{maxWaitMs: 500})
	n.apply(partitionRecord(topicID("t"), 0, 2, 1, 2, 3))
	if g := waiting.Load(); g == nil || g.Err != protocol.ErrNotLeaderOrFollower {
		t.Errorf("%+v", g)
	}
}
