package coordinator

import (
	"fmt"
	"strings"
	"testing"

	"github.com/gregorhq/gregor/internal/group"
	"github.com/gregorhq/gregor/internal/protocol"
	"github.com/gregorhq/gregor/internal/shard"
)

// list returns what ListGroups answers, "none" without an answer.
func (f *groupsFixture) list() string {
	text := "none"
	group.ListGroups(f, &protocol.ListGroupsRequest{}, func(r *protocol.ListGroupsResponse) {
		var groups []string
		for _, g := range r.Groups {
			groups = append(groups, g.GroupID+"="+g.GroupState)
		}
		if text = strings.Join(groups, " "); r.ErrorCode != 0 {
			text = protocol.Error(r.ErrorCode).Name()
		}
	})
	return text
}

func (f *groupsFixture) wantList(t *testing.T, when, want string) {
	t.Helper()
	if got := f.list(); got != want {
		t.Errorf("%s: %q, want %q", when, got, want)
	}
}

// commit commits an offset of a simple group.
func (f *groupsFixture) commit(name string, offset int64) {
	group.OffsetCommit.Call(f, shard.Request{Version: 8}, commitOne(name, "t", offset), func(*protocol.OffsetCommitResponse) {})
}

func (f *groupsFixture) remove(name string) {
	group.DeleteGroup.Call(f, shard.Request{}, name, func(*protocol.DeleteGroupsResponseDeletableGroupResult) {})
}

// The ISR shrinks below min.insync.replicas while one group's commit waits for the high watermark:
// the append can be neither committed nor refused. ListGroups answers at once, before and after the
// commit's request has timed out.
func TestListDoesNotWaitForACommit(t *testing.T) {
	f := newGroups()
	id := f.stable(t)
	f.log.hold = true
	c := commitOne("g", "t", 5)
	c.MemberID, c.GenerationIDOrMemberEpoch = id, 1
	group.OffsetCommit.Call(f, shard.Request{Version: 8}, c, func(*protocol.OffsetCommitResponse) {})
	f.log.refuses = protocol.ErrNotEnoughReplicas
	for range 7 {
		f.wantList(t, "during the outage", "g=Stable")
		f.pass(1000)
		f.tick()
	}
}

// A list shows what is committed: no group that only uncommitted records create, each group that
// they delete, and each other group as it was before them.
func TestListShowsCommittedGroups(t *testing.T) {
	f := newGroups()
	id := f.stable(t)
	f.commit("old", 1)
	f.log.hold = true
	f.commit("new", 1)
	f.commit("new", 2)
	f.commit("old", 2)
	f.wantList(t, "new is not committed", "g=Stable old=Empty")
	f.log.release()
	f.wantList(t, "new is committed", "g=Stable new=Empty old=Empty")

	f.log.hold = true
	f.remove("old")
	f.commit("new", 3)
	leave := &protocol.LeaveGroupRequest{GroupID: "g", Members: []protocol.LeaveGroupRequestMemberIdentity{{MemberID: id}}}
	group.LeaveGroup.Call(f, shard.Request{Version: 3}, leave, func(*protocol.LeaveGroupResponse) {})
	f.wantList(t, "the changes are not committed", "g=Stable new=Empty old=Empty")
	f.commit("old", 9)
	f.log.release()
	f.wantList(t, "the changes are committed", "g=Empty new=Empty old=Empty")
}

// Under load each record is followed by another one before it is committed. A list shows the newest
// committed state all the same.
func TestListOfAGroupThatAlwaysHasUncommittedRecords(t *testing.T) {
	f := newGroups()
	f.log.hold = true
	f.commit("g", 1)
	f.commit("g", 2)
	f.wantList(t, "nothing is committed", "")
	f.log.commitOne()
	f.commit("g", 3)
	f.wantList(t, "the first record is committed", "g=Empty")
	f.remove("g")
	f.commit("g", 4)
	f.remove("g")
	f.wantList(t, "the deletions are not committed", "g=Empty")
	f.log.release()
	f.wantList(t, "the deletions are committed", "")
	if p := f.partition(f.PartitionFor("g")); len(p.listings) != 0 {
		t.Errorf("%d listings are left", len(p.listings))
	}
}

// Retention and the deletion of topics change many groups with one command.
func TestListWhileACommandForAllGroupsIsUncommitted(t *testing.T) {
	f := newGroups()
	f.commit("a", 1)
	f.commit("b", 1)
	f.pass(8 * 24 * 3600 * 1000) // the retention time of offsets is over
	f.log.hold = true
	f.tick()
	f.wantList(t, "the expiry is not committed", "a=Empty b=Empty")
	f.log.release()
	f.wantList(t, "the expiry is committed", "")
}

// After a load, records above the high watermark are not committed yet.
func TestListAfterALoadAboveTheHighWatermark(t *testing.T) {
	f := newGroups()
	f.commit("g", 1)
	high := f.log.end[f.PartitionFor("g")]
	names := sameShard(f, "g", 2)
	f.commit(names[0], 1)
	f.remove("g")
	f.UnloadAll()
	f.log.hold2, f.log.high = true, high
	for p := range int32(4) {
		f.Load(p, 2)
	}
	f.run()
	f.wantList(t, "above the high watermark", "g=Empty")
	f.log.hold2 = false
	for _, done := range f.log.awaits {
		done(nil)
	}
	f.wantList(t, "committed", names[0]+"=Empty")
}

// sameShard returns names of groups in the partition of another one.
func sameShard(f *groupsFixture, as string, n int) (names []string) {
	for i := 0; len(names) < n; i++ {
		if name := fmt.Sprint("n", i); f.PartitionFor(name) == f.PartitionFor(as) {
			names = append(names, name)
		}
	}
	return names
}
