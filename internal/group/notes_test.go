package group

import (
	"fmt"
	"strings"
	"testing"
)

// takeNotes returns the lines for the log since the last call.
func (d *driver) takeNotes() string {
	var b strings.Builder
	for _, n := range d.notes {
		b.WriteString(n.Text)
		for i := 0; i < len(n.Attrs); i += 2 {
			fmt.Fprintf(&b, " %v=%v", n.Attrs[i], n.Attrs[i+1])
		}
		b.WriteString("\n")
	}
	d.notes = nil
	return b.String()
}

// Joins, rebalances, generations, assignments, leaves and ends of sessions each leave a line.
func TestGroupEventsLeaveLines(t *testing.T) {
	d := newDriver(DefaultConfig())
	d.config.InitialRebalanceDelayMs = 0
	for _, step := range []struct{ commands, want string }{
		{"join a v=3 session=10000;join b v=3 session=60000;advance ms=0", `
member joins the group group=g member=a-1 client.id=a client.address=/127.0.0.1 generation=0
group rebalances group=g generation=0 state=Empty members=1 reason=member a-1 joins
member joins the group group=g member=b-2 client.id=b client.address=/127.0.0.1 generation=0
group has a new generation group=g generation=1 members=2 static.members=0 leader=a-1 protocol=range
`},
		{"sync a gen=1 assign=a:A,b:B;sync b gen=1", `
group got its assignment group=g generation=1 members=2 leader=a-1
`},
		{"advance ms=10001", `
member is removed from the group group=g member=a-1 client.id=a client.address=/127.0.0.1 generation=1 reason=its session has ended without a heartbeat
group rebalances group=g generation=1 state=Stable members=1 reason=the session of member a-1 has ended
`},
		{"join s v=5 instance=i;join b id=b", `
member joins the group group=g member=i-3 group.instance.id=i client.id=s client.address=/127.0.0.1 generation=1
group has a new generation group=g generation=2 members=2 static.members=1 leader=b-2 protocol=range
`},
		{"leave b id=b", `
member leaves the group group=g member=b-2 client.id=b client.address=/127.0.0.1 generation=2
group rebalances group=g generation=2 state=CompletingRebalance members=1 reason=member b-2 leaves
`},
		{"join s2 v=5 instance=i", `
static member comes back to the group group=g member=i-5 group.instance.id=i client.id=s client.address=/127.0.0.1 generation=2 reason=it replaces member i-3
group has a new generation group=g generation=3 members=1 static.members=1 leader=i-5 protocol=range
`},
		{"leave admin instances=i", `
member leaves the group group=g member=i-5 group.instance.id=i client.id=s client.address=/127.0.0.1 generation=3
group rebalances group=g generation=3 state=CompletingRebalance members=0 reason=member i leaves
group is empty group=g generation=4
`},
	} {
		for command := range strings.SplitSeq(step.commands, ";") {
			d.run(t, command)
		}
		if got := "\n" + d.takeNotes(); got != step.want {
			t.Errorf("%s: got%swant%s", step.commands, got, step.want)
		}
	}
}
