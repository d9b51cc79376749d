package controller

import (
	"strings"
	"testing"
	"time"

	"github.com/gregorhq/gregor/internal/protocol"
)

// lastBlock returns the last command of a script with its output.
func lastBlock(out string) string {
	blocks := strings.Split(strings.TrimSpace(out), "\n\n")
	return blocks[len(blocks)-1]
}

// uncleanRestart is a broker that stops uncleanly and registers again while the controller still
// takes its old registration for unfenced. The topic allows unclean elections.
const uncleanRestart = `features

activate

register id=1

heartbeat id=1

create topic=t partitions=1 rf=1 config=unclean.leader.election.enable:true

activate

register id=1 incarnation=2

`

// The new incarnation is fenced, so it does not lead. Once it is unfenced it leads and is the ISR.
func TestBrokerLeadsAgainAfterAnUncleanStop(t *testing.T) {
	if out := lastBlock(runScript(t, uncleanRestart+"show topic=t")); !strings.Contains(out, "leader=-1") || !strings.Contains(out, "isr=[]") {
		t.Errorf("before the broker is unfenced: %s", out)
	}
	if out := lastBlock(runScript(t, uncleanRestart+"heartbeat id=1\n\nshow topic=t")); !strings.Contains(out, "leader=1") || !strings.Contains(out, "isr=[1]") {
		t.Errorf("the only replica is back and unfenced: %s", out)
	}
}

// Another replica is alive and not in the ISR: the unclean election takes it at once.
func TestLiveReplicaLeadsAfterAnUncleanStop(t *testing.T) {
	out := runScript(t, `features

activate

register id=1

heartbeat id=1

register id=2

heartbeat id=2

create topic=t assign=1,2 config=unclean.leader.election.enable:true

alter-isr id=1 topic=t isr=1

activate

heartbeat id=2

register id=1 incarnation=2

show topic=t`)
	if last := lastBlock(out); !strings.Contains(last, "leader=2") || !strings.Contains(last, "isr=[2]") {
		t.Errorf("%s", last)
	}
}

// A directory of an earlier release may have a partition whose leader is not in its ISR. The start
// of the broker gives it a leader in the ISR, whether the stop was clean or not and whatever the
// topic allows by now.
func TestRegistrationRepairsALeaderOutsideTheISR(t *testing.T) {
	for _, unclean := range []string{"true", "false"} {
		for _, previous := range []string{"", "previous=own"} {
			out := lastBlock(runScript(t, `features

activate

register id=1

heartbeat id=1

create topic=t partitions=1 rf=1 config=unclean.leader.election.enable:`+unclean+`

heartbeat id=1 fence

heartbeat id=1

stored-partition topic=t leader=1 isr=

activate

register id=1 incarnation=2 `+previous+`

heartbeat id=1

show topic=t`))
			if !strings.Contains(out, "leader=1") || !strings.Contains(out, "isr=[1]") {
				t.Errorf("unclean elections %s, %s: %s", unclean, previous, out)
			}
		}
	}
}

// A preferred election leaves the leader in place when the preferred replica is only eligible: the
// ISR may have records that the preferred replica lacks.
func TestPreferredElectionTakesNoReplicaOutsideTheISR(t *testing.T) {
	out := runScript(t, `features

activate

register id=1

heartbeat id=1

register id=2

heartbeat id=2

create topic=t assign=1,2 config=min.insync.replicas:2

heartbeat id=1 fence

heartbeat id=1

show topic=t

elect topic=t

show topic=t`)
	if !strings.Contains(out, "isr=[2] elr=[1]") {
		t.Fatalf("the preferred replica is not eligible: %s", out)
	}
	if last := lastBlock(out); !strings.Contains(last, "leader=2") || !strings.Contains(last, "isr=[2]") {
		t.Errorf("%s", last)
	}
	if !strings.Contains(out, "t-0 PREFERRED_LEADER_NOT_AVAILABLE") {
		t.Errorf("%s", out)
	}
}

// A new controller repairs a partition whose leader is not in its ISR, before any broker starts
// again.
func TestActivationRepairsALeaderOutsideTheISR(t *testing.T) {
	out := lastBlock(runScript(t, `features

activate

register id=1

heartbeat id=1

create topic=t partitions=1 rf=1

stored-partition topic=t leader=1 isr=

activate

tick

show topic=t`))
	if !strings.Contains(out, "leader=1 epoch=2/2") || !strings.Contains(out, "isr=[1]") || !strings.Contains(out, "recovery=1") {
		t.Errorf("%s", out)
	}
}

// unclean.leader.election.enable is set on a topic that has lost its ISR while another replica
// lives. The controller elects that replica within unclean.leader.election.interval.ms.
func TestUncleanElectionAfterAConfigChange(t *testing.T) {
	s := newScript(t)
	out := s.runText(`features

activate

register id=1

heartbeat id=1

register id=2

heartbeat id=2

create topic=t assign=2,1

create topic=u assign=2,1

alter-isr id=2 topic=t isr=2

alter-isr id=2 topic=u isr=2

wait for=10s

show topic=t

config type=topic name=t key=unclean.leader.election.enable value=true

wait for=200s

show topic=t`)
	if last := lastBlock(out); !strings.Contains(last, "leader=-1") {
		t.Fatalf("before the interval is over: %s", last)
	}
	out = lastBlock(s.runText("wait for=100s\n\nshow topic=t"))
	if !strings.Contains(out, "leader=1") || !strings.Contains(out, "isr=[1]") || !strings.Contains(out, "recovery=1") {
		t.Errorf("after the interval: %s", out)
	}
	if out = lastBlock(s.runText("show topic=u")); !strings.Contains(out, "leader=-1") {
		t.Errorf("a topic without unclean elections: %s", out)
	}
}

// A run of a periodic task that has reached its bound continues with the next tick.
func TestPeriodicElectionsContinueAfterTheirBound(t *testing.T) {
	s := newScript(t)
	s.runText(`features

activate

register id=1

heartbeat id=1

register id=2

heartbeat id=2

create topic=t assign=` + strings.Repeat("1,2;", electionsMax+99) + `1,2

heartbeat id=1 fence

heartbeat id=2 fence

heartbeat id=1

config type=topic name=t key=unclean.leader.election.enable value=true

sleep for=301s

heartbeat id=1`)
	for _, want := range []int{electionsMax, 0} {
		if records := s.core.Tick(s.env()); len(records) != want {
			t.Fatalf("%d elections, want %d", len(records), want)
		} else {
			s.replay(records)
		}
	}
	s.now += time.Second
	if records := s.core.Tick(s.env()); len(records) != 100 {
		t.Errorf("%d elections with the next tick, want 100", len(records))
	}
}

// The dynamic configuration of the controller's own node comes before the cluster-wide one, as for
// every other setting of the node.
func TestUncleanElectionFollowsTheNodesOwnConfig(t *testing.T) {
	for _, set := range []struct{ cluster, own, want string }{
		{"false", "true", "leader=1"}, {"true", "false", "leader=-1"}, {"true", "", "leader=1"},
	} {
		s := newScript(t)
		s.runText(`features

activate

register id=1

heartbeat id=1

register id=2

heartbeat id=2

create topic=t assign=2,1

alter-isr id=2 topic=t isr=2`)
		for name, value := range map[string]string{`""`: set.cluster, "1": set.own} {
			if value != "" {
				s.run("config type=broker name=" + name + " key=unclean.leader.election.enable value=" + value)
			}
		}
		s.run("heartbeat id=2 fence")
		if out := s.showTopic("t"); !strings.Contains(out, set.want) {
			t.Errorf("cluster %s, node %q: %s", set.cluster, set.own, out)
		}
	}
}

// An election that fails as a whole names each partition of the request: version 0 has no other
// place for the error.
func TestFailedElectionNamesThePartitions(t *testing.T) {
	req := &protocol.ElectLeadersRequest{TopicPartitions: []protocol.ElectLeadersRequestTopicPartitions{{Topic: "a", Partitions: []int32{0, 3}}, {Topic: "b"}}}
	r := failedElections(req, protocol.ErrRequestTimedOut)
	if r.ErrorCode != 7 || len(r.ReplicaElectionResults) != 2 || len(r.ReplicaElectionResults[0].PartitionResult) != 2 ||
		r.ReplicaElectionResults[0].PartitionResult[1].ErrorCode != 7 {
		t.Errorf("%+v", r)
	}
}

// As in Kafka, a message that only repeats the error is null.
func TestFailedCreatePartitionsHasNoMessage(t *testing.T) {
	r := failCreatePartitions(&protocol.CreatePartitionsRequest{Topics: []protocol.CreatePartitionsRequestTopic{{Name: "a"}}}, protocol.ErrRequestTimedOut)
	if len(r.Results) != 1 || r.Results[0].ErrorCode != 7 || r.Results[0].ErrorMessage != nil {
		t.Errorf("%+v", r.Results)
	}
}
