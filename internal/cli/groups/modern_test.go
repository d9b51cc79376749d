package groups

import (
	"slices"
	"strings"
	"testing"

	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/gregorhq/gregor/internal/cli/tool"
	"github.com/gregorhq/gregor/internal/protocol"
)

// TestModernGroups reads an answer about groups of the consumer protocol, which other clusters
// serve: such a group is taken out of the list, one that may be classic stays in it.
func TestModernGroups(t *testing.T) {
	resp := kmsg.NewPtrConsumerGroupDescribeResponse()
	for name, code := range map[string]protocol.Error{
		"modern": protocol.ErrNone, "classic": protocol.ErrGroupIDNotFound, "old": protocol.ErrUnsupportedVersion, "secret": protocol.ErrGroupAuthorizationFailed,
	} {
		g := kmsg.NewConsumerGroupDescribeResponseGroup()
		g.Group, g.ErrorCode, g.State, g.AssignorName, g.Epoch, g.AssignmentEpoch = name, code.Code(), "Stable", "uniform", 7, 6
		resp.Groups = append(resp.Groups, g)
	}
	at := slices.IndexFunc(resp.Groups, func(g kmsg.ConsumerGroupDescribeResponseGroup) bool { return g.Group == "modern" })
	m := kmsg.NewConsumerGroupDescribeResponseGroupMember()
	m.MemberID, m.InstanceID, m.ClientID, m.ClientHost, m.MemberEpoch, m.MemberType = "m", kmsg.StringPtr("i"), "c", "/h", 5, 1
	m.Assignment.TopicPartitions = []kmsg.AssignmentTopicPartition{{Topic: "t", Partitions: []int32{0, 2}}}
	m.TargetAssignment.TopicPartitions = []kmsg.AssignmentTopicPartition{{Topic: "t", Partitions: []int32{1}}}
	classic := kmsg.NewConsumerGroupDescribeResponseGroupMember()
	classic.MemberID, classic.MemberType = "n", 0
	unknown := kmsg.NewConsumerGroupDescribeResponseGroupMember()
	unknown.MemberID, unknown.MemberType = "o", -1
	resp.Groups[at].Members = append(resp.Groups[at].Members, m, classic, unknown)

	found, failed := map[string]description{}, map[string]error{}
	asked := []string{"modern", "classic", "old", "secret", "silent"}
	rest := modernGroups(asked, "h:1  (1)", resp, found, failed)
	if want := []string{"classic", "old", "silent"}; !slices.Equal(rest, want) {
		t.Errorf("left are %v, want %v", rest, want)
	}
	if len(failed) != 1 || failed["secret"] == nil {
		t.Errorf("failed: %v", failed)
	}
	d := found["modern"]
	if len(found) != 1 || d.state != "Stable" || d.assignor != "uniform" || d.coordinator != "h:1  (1)" || d.epoch != 7 || d.targetEpoch != 6 || len(d.members) != 3 {
		t.Fatalf("%+v", found)
	}
	got := d.members[0]
	if got.id != "m" || got.instance != "i" || got.client != "c" || got.host != "/h" || got.epoch != 5 || got.upgraded == nil || !*got.upgraded {
		t.Errorf("%+v", got)
	}
	if !slices.Equal(got.assigned, []partition{{"t", 0}, {"t", 2}}) || !slices.Equal(got.target, []partition{{"t", 1}}) {
		t.Errorf("%v %v", got.assigned, got.target)
	}
	if u := d.members[1].upgraded; u == nil || *u {
		t.Error("a classic member counts as upgraded")
	}
	if d.members[2].upgraded != nil {
		t.Error("a member of unknown type has a type")
	}
}

// TestAnnounce checks the note about a group by its state.
func TestAnnounce(t *testing.T) {
	for _, c := range []struct {
		state     string
		more      bool
		out, errs string
	}{
		{"Stable", true, "", ""},
		{"Dead", false, "Consumer group 'g' does not exist.", ""},
		{"Empty", true, "", "Consumer group 'g' has no active members."},
		{"PreparingRebalance", true, "", "Warning: Consumer group 'g' is rebalancing."},
		{"CompletingRebalance", true, "", "Warning: Consumer group 'g' is rebalancing."},
		{"Assigning", true, "", "Warning: Consumer group 'g' is rebalancing."},
		{"Reconciling", true, "", "Warning: Consumer group 'g' is rebalancing."},
	} {
		var out, errs strings.Builder
		cmd := &command{env: &tool.Env{Stdout: &out, Stderr: &errs}}
		more, err := cmd.announce(description{id: "g", state: c.state})
		if err != nil || more != c.more || !strings.Contains(out.String(), c.out) || !strings.Contains(errs.String(), c.errs) || c.errs == "" && errs.String() != "" {
			t.Errorf("%s: %v %v\n%s\n%s", c.state, more, err, out.String(), errs.String())
		}
	}
	if _, err := (&command{env: &tool.Env{}}).announce(description{id: "g", state: "Odd"}); err == nil || !strings.Contains(err.Error(), "found 'Odd'") {
		t.Error(err)
	}
}
