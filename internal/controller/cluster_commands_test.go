package controller

import (
	"fmt"
	"strings"

	"github.com/gregorhq/gregor/internal/protocol"
	"github.com/gregorhq/gregor/internal/protocol/wire"
)

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
