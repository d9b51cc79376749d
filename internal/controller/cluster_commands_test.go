package controller

import (
	"fmt"
	"strings"

	"github.com/gregorhq/gregor/internal/metadata"
	"github.com/gregorhq/gregor/internal/protocol"
	"github.com/gregorhq/gregor/internal/protocol/wire"
)

// clusterCommand performs one line about brokers, controllers and moves.
func (s *script) clusterCommand(name string, a args) ([]Record, string) {
	switch name {
	case "unregister":
		records, r := ask(s, UnregisterBroker, 0, &protocol.UnregisterBrokerRequest{BrokerID: int32(a.int("id", 0))})
		return records, errorText(r.ErrorCode, r.ErrorMessage)
	case "register-controller":
		return s.registerController(a)
	case "unregister-controller":
		records, r := ask(s, UnregisterController, 0, &protocol.UnregisterControllerRequest{ControllerID: int32(a.int("id", 0))})
		return records, errorText(r.ErrorCode, r.ErrorMessage)
	case "reassign":
		return s.reassign(a)
	case "reassignments":
		return s.reassignments(a)
	}
	panic("no command " + name)
}

// reassign moves partitions of a topic: p=0 replicas=1,2 changes one, p=0;1 replicas=1,2;cancel
// several.
func (s *script) reassign(a args) ([]Record, string) {
	req := protocol.New[protocol.AlterPartitionReassignmentsRequest]()
	req.TimeoutMs, req.AllowReplicationFactorChange = 10_000, a["factor"] != "same"
	topic := protocol.AlterPartitionReassignmentsRequestReassignableTopic{Name: a["topic"]}
	replicas := strings.Split(a["replicas"], ";")
	partitions := a["p"]
	if partitions == "" {
		partitions = "0"
	}
	for i, text := range strings.Split(partitions, ";") {
		p := protocol.AlterPartitionReassignmentsRequestReassignablePartition{PartitionIndex: args{"x": text}.ints("x")[0]}
		if replicas[i] != "cancel" {
			p.Replicas = nonNil(args{"x": replicas[i]}.ints("x"))
		}
		topic.Partitions = append(topic.Partitions, p)
	}
	req.Topics = append(req.Topics, topic)
	records, r := ask(s, AlterPartitionReassignments, 1, req)
	out := []string{errorText(r.ErrorCode, r.ErrorMessage)}
	for _, t := range r.Responses {
		for _, p := range t.Partitions {
			out = append(out, fmt.Sprintf("%s-%d %s", t.Name, p.PartitionIndex, errorText(p.ErrorCode, p.ErrorMessage)))
		}
	}
	return records, strings.Join(out, "\n")
}

// reassignments lists the moves of all topics, or of partitions of one.
func (s *script) reassignments(a args) ([]Record, string) {
	req := protocol.New[protocol.ListPartitionReassignmentsRequest]()
	if topic, ok := a["topic"]; ok {
		req.Topics = []protocol.ListPartitionReassignmentsRequestTopics{{Name: topic, PartitionIndexes: a.ints("p")}}
	}
	records, r := ask(s, ListPartitionReassignments, 0, req)
	out := []string{errorText(r.ErrorCode, r.ErrorMessage)}
	for _, t := range r.Topics {
		for _, p := range t.Partitions {
			out = append(out, fmt.Sprintf("%s-%d replicas=%v adding=%v removing=%v", t.Name, p.PartitionIndex, p.Replicas, p.AddingReplicas, p.RemovingReplicas))
		}
	}
	return records, strings.Join(out, "\n")
}

func (s *script) registerController(a args) ([]Record, string) {
	id := a.int("id", 0)
	req := &protocol.ControllerRegistrationRequest{ControllerID: int32(id), IncarnationID: wire.UUID{byte(a.int("incarnation", 1)), byte(id)},
		Listeners: []protocol.ControllerRegistrationRequestListener{{Name: "CONTROLLER", Host: "h", Port: uint16(9090 + id)}},
		Features:  []protocol.ControllerRegistrationRequestFeature{{Name: "metadata.version", MinSupportedVersion: 7, MaxSupportedVersion: 33}}}
	records, r := ask(s, ControllerRegistration, 0, req)
	return records, errorText(r.ErrorCode, r.ErrorMessage)
}

// assignDirs assigns partitions of a topic to a directory of a broker, by its number from 1 on; 0
// is the id LOST.
func (s *script) assignDirs(a args) ([]Record, string) {
	id := int32(a.int("id", 0))
	req := &protocol.AssignReplicasToDirsRequest{BrokerID: id, BrokerEpoch: int64(a.int("epoch", -1))}
	if b := s.image.Broker(id); b != nil && a["epoch"] == "" {
		req.BrokerEpoch = b.Epoch
	}
	dir := metadata.DirectoryLost
	if n := a.int("dir", 0); n > 0 {
		dir = directories(int(id), n)[n-1]
	}
	topic := protocol.AssignReplicasToDirsRequestTopicData{TopicID: wire.UUID{99}}
	if t := s.image.Topics().ByName(a["topic"]); t != nil {
		topic.TopicID = t.ID
	}
	for _, p := range a.ints("partitions") {
		topic.Partitions = append(topic.Partitions, protocol.AssignReplicasToDirsRequestPartitionData{PartitionIndex: p})
	}
	req.Directories = []protocol.AssignReplicasToDirsRequestDirectoryData{{ID: dir, Topics: []protocol.AssignReplicasToDirsRequestTopicData{topic}}}
	records, r := ask(s, AssignReplicasToDirs, 0, req)
	out := errorText(r.ErrorCode, nil)
	for _, d := range r.Directories {
		for _, p := range d.Topics[0].Partitions {
			out += fmt.Sprintf(" %d:%s", p.PartitionIndex, errorText(p.ErrorCode, nil))
		}
	}
	return records, out
}
