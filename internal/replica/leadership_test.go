package replica

import (
	"testing"

	"github.com/gregorhq/gregor/internal/protocol"
)

// AlterPartition completes a reassignment that only adds a replica. The answer arrives before the
// image with the same epochs, which is the usual order.
func TestImageAfterTheAnswerCompletesAReassignment(t *testing.T) {
	r := New(Options{LocalID: 1, MinISR: 1, LagMaxMs: 30000})
	r.Step(1, BecomeLeader{LeaderEpoch: 1, PartitionEpoch: 5, Replicas: []int32{1, 2, 3}, ISR: []int32{1, 2}, Adding: []int32{3}})
	fx := r.Step(2, FollowerFetched{Replica: 3, BrokerEpoch: 9, FetchOffset: 0, Eligible: true})
	if fx.Alter == nil {
		t.Fatal("the leader does not ask for the replica that has caught up")
	}
	r.Step(3, PartitionAltered{ID: fx.Alter.ID, LeaderEpoch: 1, PartitionEpoch: 6, ISR: []int32{1, 2, 3}})
	r.Step(4, BecomeLeader{LeaderEpoch: 1, PartitionEpoch: 6, Replicas: []int32{1, 2, 3}, ISR: []int32{1, 2, 3}})
	if r.Reassigning() {
		t.Error("the reassignment is complete, and the replica still counts it")
	}
	if r.ReplicationFactor() != 3 {
		t.Errorf("the replication factor is %d, not 3: a lost replica does not show", r.ReplicationFactor())
	}
	r.Step(5, Appended{EndOffset: 10})
	r.Step(6, FollowerFetched{Replica: 2, BrokerEpoch: 8, FetchOffset: 10, Eligible: true})
	fx = r.Step(60000, Tick{}) // broker 3 lags
	if fx.Alter == nil {
		t.Fatal("the leader keeps a replica that lags")
	}
	r.Step(60001, FollowerFetched{Replica: 2, BrokerEpoch: 8, FetchOffset: 10, Eligible: true})
	r.Step(60002, PartitionAltered{ID: fx.Alter.ID, LeaderEpoch: 1, PartitionEpoch: 7, ISR: []int32{1, 2}})
	r.Step(60003, BecomeLeader{LeaderEpoch: 1, PartitionEpoch: 7, Replicas: []int32{1, 2, 3}, ISR: []int32{1, 2}})
	if !r.UnderReplicated() {
		t.Errorf("the ISR %v of 3 replicas is not under-replicated", r.ISR().Committed())
	}
}

// An image with the epochs of the answer does not end a newer request of the leader.
func TestImageAfterTheAnswerKeepsANewerRequest(t *testing.T) {
	r := New(Options{LocalID: 1, MinISR: 1, LagMaxMs: 30000})
	r.Step(1, BecomeLeader{LeaderEpoch: 1, PartitionEpoch: 5, Replicas: []int32{1, 2, 3}, ISR: []int32{1}, Adding: []int32{3}})
	first := r.Step(2, FollowerFetched{Replica: 3, BrokerEpoch: 9, Eligible: true}).Alter
	r.Step(3, PartitionAltered{ID: first.ID, LeaderEpoch: 1, PartitionEpoch: 6, ISR: []int32{1, 3}})
	second := r.Step(4, FollowerFetched{Replica: 2, BrokerEpoch: 8, Eligible: true}).Alter
	r.Step(5, BecomeLeader{LeaderEpoch: 1, PartitionEpoch: 6, Replicas: []int32{1, 2, 3}, ISR: []int32{1, 3}})
	if !r.ISR().Maximal(2) || r.Reassigning() {
		t.Fatalf("ISR %v, reassigning %v", r.ISR(), r.Reassigning())
	}
	r.Step(6, PartitionAltered{ID: second.ID, LeaderEpoch: 1, PartitionEpoch: 7, ISR: []int32{1, 3, 2}})
	if got := len(r.ISR().Committed()); got != 3 {
		t.Errorf("the answer to the newer request is lost: %v", r.ISR())
	}
}

// The leader stays leader while its epoch rises, because a reassignment has removed a replica
// (KIP-455). An append of the epoch before is in the log, and the high watermark passes it: it is
// committed.
func TestAppendIsCommittedWhenTheLeaderKeepsTheLeadership(t *testing.T) {
	r := New(Options{LocalID: 1, MinISR: 1, LagMaxMs: 30000})
	r.Step(1, BecomeLeader{LeaderEpoch: 1, PartitionEpoch: 5, Replicas: []int32{1, 2, 3}, ISR: []int32{1, 2, 3}, Removing: []int32{3}})
	r.Step(2, Appended{EndOffset: 10})
	r.Step(3, BecomeLeader{LeaderEpoch: 2, PartitionEpoch: 6, Replicas: []int32{1, 2}, ISR: []int32{1, 2}})
	if done, err := r.Replicated(1, 10); done || err != protocol.ErrNone {
		t.Errorf("before the follower has the append: done %v, %v", done, err)
	}
	r.Step(4, FollowerFetched{Replica: 2, BrokerEpoch: 9, FetchOffset: 10, Eligible: true})
	if r.HighWatermark() != 10 {
		t.Fatal(r.HighWatermark())
	}
	if done, err := r.Replicated(1, 10); !done || err != protocol.ErrNone {
		t.Errorf("of a producer: done %v, %v", done, err)
	}
	if done, err := r.Committed(1, 10); !done || err != protocol.ErrNone {
		t.Errorf("of a coordinator: done %v, %v", done, err)
	}
	// The coordinator may still name the epoch before.
	for epoch, want := range map[int32]protocol.Error{-1: protocol.ErrNone, 0: protocol.ErrFencedLeaderEpoch, 1: protocol.ErrNone,
		2: protocol.ErrNone, 3: protocol.ErrUnknownLeaderEpoch} {
		if got := r.CheckLed(epoch); got != want {
			t.Errorf("an append of epoch %d: %s, want %s", epoch, got.Name(), want.Name())
		}
	}
	// A leadership that ends and begins again ends the append.
	r.Step(5, BecomeFollower{Leader: 2, LeaderEpoch: 3, PartitionEpoch: 7, Replicas: []int32{1, 2}, ISR: []int32{1, 2}})
	r.Step(6, BecomeLeader{LeaderEpoch: 4, PartitionEpoch: 8, Replicas: []int32{1, 2}, ISR: []int32{1, 2}})
	if done, err := r.Committed(2, 10); !done || err != protocol.ErrNotLeaderOrFollower {
		t.Errorf("after another leader: done %v, %v", done, err)
	}
}

// The leader asks for broker 2, which has everything under its registration 10. The answer is lost,
// and broker 2 restarts with an older disk and registers as 20. The repeated request still names
// 10, which the controller refuses (KIP-903): the committed records from 50 on are not in broker 2.
func TestRepeatedRequestNamesTheRegistrationThatCaughtUp(t *testing.T) {
	r := New(Options{LocalID: 1, LogEndOffset: 100, HighWatermark: 100, MinISR: 1, LagMaxMs: 30_000})
	r.Step(1, BecomeLeader{LeaderEpoch: 5, PartitionEpoch: 7, Replicas: []int32{1, 2}, ISR: []int32{1}})
	first := r.Step(2, FollowerFetched{Replica: 2, BrokerEpoch: 10, FetchOffset: 100, Eligible: true}).Alter
	if first == nil || first.NewISR[1] != (Member{2, 10}) {
		t.Fatalf("first request: %+v", first)
	}
	// Broker 2 was not in the ISR, so its registration does not change the partition.
	r.Step(3, BrokerChanged{Broker: 2, BrokerEpoch: 20, Serving: false})
	r.Step(4, BrokerChanged{Broker: 2, BrokerEpoch: 20, Serving: true})
	r.Step(5, FollowerFetched{Replica: 2, BrokerEpoch: 20, FetchOffset: 50, Eligible: true})
	again := r.Step(6, PartitionAltered{ID: first.ID, Err: protocol.ErrNetworkException}).Alter
	if again == nil || again.NewISR[1] != (Member{2, 10}) || again.ID == first.ID {
		t.Fatalf("repeated request: %+v", again)
	}
	third := r.Step(7, PartitionAltered{ID: again.ID, Err: protocol.ErrIneligibleReplica}).Alter
	if third != nil || r.ISR().MaximalSize() != 1 {
		t.Errorf("after the refusal: request %+v, ISR %v", third, r.ISR())
	}
}
