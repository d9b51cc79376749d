package controller

import (
	"fmt"
	"strings"
	"testing"

	"github.com/gregorhq/gregor/internal/metadata"
	"github.com/gregorhq/gregor/internal/protocol"
)

// twoDirectories is broker 1 with a partition in each of its two log directories.
const twoDirectories = `features

activate

register id=1 dirs=2

heartbeat id=1

create topic=orders assign=1;1

assign-dirs id=1 topic=orders partitions=0 dir=1

assign-dirs id=1 topic=orders partitions=1 dir=2

`

// The heartbeat that unfences a broker also reports a failed directory: no election chooses it.
// Apache Kafka 4.4.0 elects leaders in it, and they stay.
func TestUnfencingElectsNoLeaderInAFailedDirectory(t *testing.T) {
	out := runScript(t, twoDirectories+`activate

register id=1 dirs=2 incarnation=2

heartbeat id=1 offline=1

show topic=orders`)
	if out := lastBlock(out); !strings.Contains(out, "0: leader=-1") || !strings.Contains(out, "1: leader=1") {
		t.Errorf("partition 0 is in the directory that failed: %s", out)
	}
}

// The heartbeat that begins a controlled shutdown also reports a failed directory. The ELR and the
// leaders are those of two changes, one after the other.
func TestShutdownAndAFailedDirectory(t *testing.T) {
	s := newScript(t)
	s.runText(twoDirectories + `register id=2

heartbeat id=2

create topic=pair assign=1,2 config=min.insync.replicas:2

assign-dirs id=1 topic=pair partitions=0 dir=1`)
	before := s.image
	s.run("heartbeat id=1 offline=1 shutdown")
	if b := s.image.Broker(1); len(b.LogDirs) != 1 || !b.InControlledShutdown {
		t.Errorf("broker 1: %+v", b)
	}
	for name, want := range map[string]string{"orders": "leader=-1", "pair": "leader=2"} {
		if got := s.showTopic(name); strings.Contains(got, "leader=1 ") || !strings.Contains(got, want) {
			t.Errorf("%s: %s", name, got)
		}
	}
	was, now := before.Topics().ByName("pair").Partitions[0], s.image.Topics().ByName("pair").Partitions[0]
	if now.LeaderEpoch != was.LeaderEpoch+1 || now.PartitionEpoch != was.PartitionEpoch+1 {
		t.Errorf("two changes for one: before %+v, after %+v", was, now)
	}
}

// A request names a partition twice: the second change starts from the result of the first one.
func TestPartitionTwiceInOneRequest(t *testing.T) {
	s := newScript(t)
	s.runText(twoDirectories + `register id=2

heartbeat id=2

create topic=pair assign=1,2

alter-isr topic=pair isr=1`)
	topic := s.image.Topics().ByName("pair")
	p := topic.Partitions[0]
	member := func(id int32) protocol.AlterPartitionRequestBrokerState {
		return protocol.AlterPartitionRequestBrokerState{BrokerID: id, BrokerEpoch: s.image.Broker(id).Epoch}
	}
	one := protocol.AlterPartitionRequestPartitionData{LeaderEpoch: p.LeaderEpoch, PartitionEpoch: p.PartitionEpoch,
		NewISRWithEpochs: []protocol.AlterPartitionRequestBrokerState{member(1), member(2)}}
	records, alter := ask(s, AlterPartition, 3, &protocol.AlterPartitionRequest{BrokerID: 1, BrokerEpoch: s.image.Broker(1).Epoch,
		Topics: []protocol.AlterPartitionRequestTopicData{{TopicID: topic.ID, Partitions: []protocol.AlterPartitionRequestPartitionData{one, one}}}})
	if first, second := alter.Topics[0].Partitions[0], alter.Topics[0].Partitions[1]; len(records) != 1 || first.ErrorCode != 0 ||
		protocol.Error(second.ErrorCode) != protocol.ErrInvalidUpdateVersion {
		t.Errorf("AlterPartition: %d records, %+v", len(records), alter.Topics)
	}

	s.replay(records)
	s.run("heartbeat id=1 fence")
	s.run("heartbeat id=1")
	s.run("alter-isr topic=pair isr=2,1")
	records, elected := ask(s, ElectLeaders, 2, &protocol.ElectLeadersRequest{
		TopicPartitions: []protocol.ElectLeadersRequestTopicPartitions{{Topic: "pair", Partitions: []int32{0, 0}}, {Topic: "pair", Partitions: []int32{0}}}})
	var got []string
	for _, r := range elected.ReplicaElectionResults {
		for _, p := range r.PartitionResult {
			got = append(got, protocol.Error(p.ErrorCode).Name())
		}
	}
	if want := "[NONE ELECTION_NOT_NEEDED ELECTION_NOT_NEEDED]"; fmt.Sprint(got) != want || len(records) != 1 {
		t.Errorf("ElectLeaders: %v, %d records", got, len(records))
	}

	lost := protocol.AssignReplicasToDirsRequestDirectoryData{ID: metadata.DirectoryLost,
		Topics: []protocol.AssignReplicasToDirsRequestTopicData{{TopicID: topic.ID, Partitions: []protocol.AssignReplicasToDirsRequestPartitionData{{}, {}}}}}
	records, _ = ask(s, AssignReplicasToDirs, 0, &protocol.AssignReplicasToDirsRequest{BrokerID: 2, BrokerEpoch: s.image.Broker(2).Epoch,
		Directories: []protocol.AssignReplicasToDirsRequestDirectoryData{lost, lost}})
	if len(records) != 1 {
		t.Errorf("AssignReplicasToDirs: %d records", len(records))
	}
}

// Another controller becomes active. An unfenced broker that is alive keeps its registration until
// its session ends: Apache Kafka 4.4.0 answers DUPLICATE_BROKER_REGISTRATION too. The broker of
// this node does not wait: its old process has ended. Nor does a fenced broker.
func TestSessionsBeginWithTheController(t *testing.T) {
	for _, c := range []struct{ name, commands, want string }{
		{"another broker", "register id=7 incarnation=2", "DUPLICATE_BROKER_REGISTRATION"},
		{"after the session", "sleep for=10s\n\nregister id=7 incarnation=2", "NONE"},
		{"the same process", "register id=7", "NONE"},
		{"a fenced broker", "register id=8 incarnation=2", "NONE"},
		{"this node", "register id=1 incarnation=2", "NONE"},
		{"this node after its heartbeat", "heartbeat id=1\n\nregister id=1 incarnation=2", "DUPLICATE_BROKER_REGISTRATION"},
	} {
		out := lastBlock(runScript(t, `features

activate

register id=1

heartbeat id=1

register id=7

heartbeat id=7

register id=8

activate

`+c.commands))
		if _, answer, _ := strings.Cut(out, "----\n"); !strings.HasPrefix(answer, c.want) {
			t.Errorf("%s: %s", c.name, out)
		}
	}
}

// A metadata.version before 3.7-IV2 has no log directories, and one before 4.3-IV0 no cordoned
// ones. No record may name them then, because older nodes cannot read it. Apache Kafka 4.4.0
// writes nothing for a failed directory at 3.6-IV2.
func TestRecordsHaveNoFieldsOfLaterVersions(t *testing.T) {
	for _, c := range []struct {
		version  int
		dirs     int
		cordoned bool
		change   bool
	}{{14, 0, false, false}, {17, 2, false, true}, {29, 2, false, true}, {30, 2, true, true}} {
		s := newScript(t)
		s.runText(fmt.Sprintf("features metadata.version=%d\n\nactivate\n\nregister id=1 dirs=2\n\nheartbeat id=1\n\ncreate topic=orders assign=1", c.version))
		if got := len(s.image.Broker(1).LogDirs); got != c.dirs {
			t.Errorf("version %d: the registration has %d directories", c.version, got)
		}
		if out := s.run("heartbeat id=1 cordoned=2"); strings.Contains(out, "CordonedLogDirs=") != c.cordoned {
			t.Errorf("version %d: %s", c.version, out)
		}
		if out := s.run("heartbeat id=1 offline=1"); strings.Contains(out, " LogDirs=") != c.change {
			t.Errorf("version %d: %s", c.version, out)
		}
	}
}

// A boolean value may have any case, as for the parser of settings.
func TestUncleanElectionReadsItsSettingAsTheParserDoes(t *testing.T) {
	for value, want := range map[string]string{"true": "leader=1", "TRUE": "leader=1", " True": "leader=1", "FALSE": "leader=-1"} {
		s := newScript(t)
		s.runText(`features

activate

register id=1

heartbeat id=1

register id=2

heartbeat id=2

create topic=t assign=2,1

alter-isr id=2 topic=t isr=2

config type=topic name=t key=unclean.leader.election.enable value="` + value + `"

heartbeat id=2 fence`)
		if out := s.showTopic("t"); !strings.Contains(out, want) {
			t.Errorf("unclean.leader.election.enable=%q: %s", value, out)
		}
	}
}

// A stored value that is not valid does not count, for the controller as for the leader: the
// broker's value holds.
func TestControllerAndLeaderReadTheSameMinISR(t *testing.T) {
	s := newScript(t)
	s.runText(`features

activate

register id=1

heartbeat id=1

create topic=t assign=1

config type=broker name="" key=min.insync.replicas value=3

stored-config type=topic name=t key=min.insync.replicas value=none`)
	if got := s.core.topicConfig(s.image, "t").Int(minInsyncReplicas); got != 3 {
		t.Errorf("min.insync.replicas is %d", got)
	}
}

// A directory fails while the leader asks for its replica. It does not join the ISR, because it
// could not lead: the partition would have an ISR and no leader when the others stop.
func TestReplicaInAFailedDirectoryDoesNotJoinTheISR(t *testing.T) {
	s := newScript(t)
	s.runText(twoDirectories + `register id=2

heartbeat id=2

create topic=pair assign=2,1

assign-dirs id=1 topic=pair partitions=0 dir=1

alter-isr topic=pair isr=2

heartbeat id=1 offline=1`)
	if out := s.run("alter-isr topic=pair isr=2,1"); !strings.HasPrefix(out, "INELIGIBLE_REPLICA") {
		t.Error(out)
	}
}
