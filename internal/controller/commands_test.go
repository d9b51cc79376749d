package controller

import (
	"fmt"
	"strings"
	"time"

	"github.com/gregorhq/gregor/internal/metadata"
	"github.com/gregorhq/gregor/internal/protocol"
	mr "github.com/gregorhq/gregor/internal/protocol/metadatarecord"
	"github.com/gregorhq/gregor/internal/protocol/wire"
)

// command performs one line of a script.
func (s *script) command(name string, a args) ([]Record, string) {
	switch name {
	case "features":
		var records []Record
		for _, f := range metadata.SupportedFeatures() {
			if level := a.int(f.Name, kafkaLevel(f)); level > 0 {
				records = append(records, &mr.FeatureLevelRecord{Name: f.Name, FeatureLevel: int16(level)})
			}
		}
		s.replay(records)
		return nil, "ok"
	case "activate":
		return s.core.Activate(s.env()), "ok"
	case "sleep":
		d, err := time.ParseDuration(a["for"])
		if err != nil {
			panic(err)
		}
		s.now += d
		return nil, "ok"
	case "tick":
		return s.core.Tick(s.env()), "ok"
	case "register":
		return s.register(a)
	case "heartbeat":
		return s.heartbeat(a)
	case "unregister":
		records, r := s.core.unregisterBroker(s.env(), Request{}, &protocol.UnregisterBrokerRequest{BrokerID: int32(a.int("id", 0))})
		return records, errorText(r.ErrorCode, r.ErrorMessage)
	case "create":
		return s.create(a)
	case "delete":
		return s.delete(a)
	case "partitions":
		return s.partitions(a)
	case "alter-isr":
		return s.alterISR(a)
	case "elect":
		return s.elect(a)
	case "config":
		return s.config(a)
	case "stored-config":
		value := a["value"]
		s.replay([]Record{&mr.ConfigRecord{ResourceType: resourceTypes[a["type"]], ResourceName: a["name"], Name: a["key"], Value: &value}})
		return nil, "ok"
	case "replace-config":
		return s.replaceConfig(a)
	case "producer-ids":
		b := s.image.Broker(int32(a.int("id", 0)))
		req := &protocol.AllocateProducerIDsRequest{BrokerID: int32(a.int("id", 0)), BrokerEpoch: int64(a.int("epoch", -1))}
		if b != nil && a["epoch"] == "" {
			req.BrokerEpoch = b.Epoch
		}
		records, r := s.core.allocateProducerIDs(s.env(), Request{}, req)
		return records, fmt.Sprintf("%s %d+%d", errorText(r.ErrorCode, nil), r.ProducerIDStart, r.ProducerIDLen)
	case "assign-dirs":
		return s.assignDirs(a)
	case "show":
		return nil, s.showTopic(a["topic"])
	}
	panic("no command " + name)
}

// kafkaLevel is the level of a feature in a cluster that Apache Kafka 4.4 formats.
func kafkaLevel(f metadata.SupportedFeature) int {
	if f.Name == metadata.FeatureKRaftVersion {
		return 0
	}
	return int(f.Max)
}

func (s *script) register(a args) ([]Record, string) {
	id := a.int("id", 0)
	req := &protocol.BrokerRegistrationRequest{
		BrokerID: int32(id), ClusterID: "c", IncarnationID: wire.UUID{byte(a.int("incarnation", 1)), byte(id)},
		Listeners: []protocol.BrokerRegistrationRequestListener{{Name: "PLAINTEXT", Host: "h", Port: uint16(9090 + id)}},
		Features:  supportedFeatures(), LogDirs: directories(id, a.int("dirs", 1)), PreviousBrokerEpoch: int64(a.int("previous", -1)),
	}
	if rack, ok := a["rack"]; ok {
		req.Rack = &rack
	}
	if c, ok := a["cluster"]; ok {
		req.ClusterID = c
	}
	if a["features"] == "old" {
		req.Features = []protocol.BrokerRegistrationRequestFeature{{Name: metadata.FeatureMetadataVersion, MinSupportedVersion: 1, MaxSupportedVersion: 3}}
	}
	records, r := s.core.registerBroker(s.env(), Request{Version: 4}, req)
	for i, rec := range records {
		if b, ok := rec.(*mr.RegisterBrokerRecord); ok { // the interesting part only
			short := *b
			short.Features, short.EndPoints, short.LogDirs, short.IncarnationID = nil, nil, nil, wire.UUID{}
			text := s.show(&short)
			s.replay(records[:i])
			s.replay([]Record{rec})
			return records[:0], errorText(r.ErrorCode, nil) + s.showAll(records[:i]) + "\n  " + text
		}
	}
	return records, errorText(r.ErrorCode, nil)
}

func (s *script) showAll(records []Record) string {
	var b strings.Builder
	for _, r := range records {
		b.WriteString("\n  " + s.show(r))
	}
	return b.String()
}

func (s *script) heartbeat(a args) ([]Record, string) {
	id := int32(a.int("id", 0))
	req := &protocol.BrokerHeartbeatRequest{BrokerID: id, BrokerEpoch: int64(a.int("epoch", -1)), CurrentMetadataOffset: int64(a.int("offset", int(s.image.Offset())))}
	if b := s.image.Broker(id); b != nil && a["epoch"] == "" {
		req.BrokerEpoch = b.Epoch
	}
	for _, dir := range a.ints("offline") {
		req.OfflineLogDirs = append(req.OfflineLogDirs, directories(int(id), int(dir))[dir-1])
	}
	_, req.WantFence = a["fence"]
	_, req.WantShutDown = a["shutdown"]
	records, r := s.core.heartbeat(s.env(), Request{}, req)
	if r.ErrorCode != 0 {
		return records, errorText(r.ErrorCode, nil)
	}
	return records, fmt.Sprintf("NONE caughtUp=%v fenced=%v shouldShutDown=%v", r.IsCaughtUp, r.IsFenced, r.ShouldShutDown)
}

func (s *script) create(a args) ([]Record, string) {
	t := protocol.CreateTopicsRequestCreatableTopic{Name: a["topic"], NumPartitions: int32(a.int("n", -1)), ReplicationFactor: int16(a.int("rf", -1))}
	if list, ok := a["assign"]; ok {
		for i, part := range strings.Split(list, ";") {
			ids := args{"x": part}.ints("x")
			t.Assignments = append(t.Assignments, protocol.CreateTopicsRequestCreatableReplicaAssignment{PartitionIndex: int32(i), BrokerIDs: ids})
		}
	}
	if kv, ok := a["config"]; ok {
		k, v, _ := strings.Cut(kv, ":")
		t.Configs = append(t.Configs, protocol.CreateTopicsRequestCreatableTopicConfig{Name: k, Value: &v})
	}
	req := &protocol.CreateTopicsRequest{Topics: []protocol.CreateTopicsRequestCreatableTopic{t}}
	if a["twice"] != "" {
		req.Topics = append(req.Topics, t)
	}
	_, req.ValidateOnly = a["validate"]
	records, r := s.core.createTopics(s.env(), Request{Version: 7}, req)
	var out []string
	for _, t := range r.Topics {
		text := errorText(t.ErrorCode, t.ErrorMessage)
		if t.ErrorCode == 0 {
			text += fmt.Sprintf(" partitions=%d replicas=%d configs=%d", t.NumPartitions, t.ReplicationFactor, len(t.Configs))
		}
		out = append(out, text)
	}
	for i, rec := range records {
		if _, ok := rec.(*mr.TopicRecord); ok && i == 0 {
			shown := s.showNew(records)
			s.replay(records)
			return nil, strings.Join(out, "\n") + shown
		}
	}
	return records, strings.Join(out, "\n")
}

// showNew shows the records of a new topic without its random id.
func (s *script) showNew(records []Record) string {
	var b strings.Builder
	for _, r := range records {
		switch r := r.(type) {
		case *mr.TopicRecord:
			b.WriteString("\n  TopicRecord " + r.Name)
		case *mr.PartitionRecord:
			fmt.Fprintf(&b, "\n  PartitionRecord %d replicas=%v isr=%v leader=%d", r.PartitionID, r.Replicas, r.ISR, r.Leader)
		default:
			b.WriteString("\n  " + s.show(r))
		}
	}
	return b.String()
}

func (s *script) delete(a args) ([]Record, string) {
	req := &protocol.DeleteTopicsRequest{}
	if name, ok := a["topic"]; ok {
		req.Topics = append(req.Topics, protocol.DeleteTopicsRequestDeleteTopicState{Name: &name})
	}
	if of, ok := a["id-of"]; ok {
		state := protocol.DeleteTopicsRequestDeleteTopicState{TopicID: wire.UUID{1}}
		if t := s.image.Topics().ByName(of); t != nil {
			state.TopicID = t.ID
		}
		req.Topics = append(req.Topics, state)
	}
	if len(a) == 0 {
		req.Topics = append(req.Topics, protocol.DeleteTopicsRequestDeleteTopicState{})
	}
	records, r := s.core.deleteTopics(s.env(), Request{Version: 6}, req)
	var out []string
	for _, t := range r.Responses {
		out = append(out, errorText(t.ErrorCode, t.ErrorMessage))
	}
	return records, strings.Join(out, "\n")
}

func (s *script) partitions(a args) ([]Record, string) {
	t := protocol.CreatePartitionsRequestTopic{Name: a["topic"], Count: int32(a.int("n", 0))}
	if list, ok := a["assign"]; ok {
		for part := range strings.SplitSeq(list, ";") {
			t.Assignments = append(t.Assignments, protocol.CreatePartitionsRequestAssignment{BrokerIDs: args{"x": part}.ints("x")})
		}
	}
	records, r := s.core.createPartitions(s.env(), Request{}, &protocol.CreatePartitionsRequest{Topics: []protocol.CreatePartitionsRequestTopic{t}})
	shown := s.showNew(records)
	s.replay(records)
	return nil, errorText(r.Results[0].ErrorCode, r.Results[0].ErrorMessage) + shown
}

func (s *script) alterISR(a args) ([]Record, string) {
	t := s.image.Topics().ByName(a["topic"])
	index := int32(a.int("p", 0))
	p := t.Partition(index)
	leader := int32(a.int("from", int(p.Leader)))
	req := protocol.AlterPartitionRequestPartitionData{PartitionIndex: index, LeaderEpoch: int32(a.int("leader-epoch", int(p.LeaderEpoch))),
		PartitionEpoch: int32(a.int("partition-epoch", int(p.PartitionEpoch))), LeaderRecoveryState: int8(a.int("recovery", int(p.LeaderRecovery)))}
	for _, id := range a.ints("isr") {
		state := protocol.AlterPartitionRequestBrokerState{BrokerID: id, BrokerEpoch: -1}
		if b := s.image.Broker(id); b != nil {
			state.BrokerEpoch = b.Epoch
		}
		req.NewISRWithEpochs = append(req.NewISRWithEpochs, state)
	}
	records, r := s.core.alterPartition(s.env(), Request{Version: 3}, &protocol.AlterPartitionRequest{
		BrokerID: leader, BrokerEpoch: s.image.Broker(leader).Epoch,
		Topics: []protocol.AlterPartitionRequestTopicData{{TopicID: t.ID, Partitions: []protocol.AlterPartitionRequestPartitionData{req}}}})
	if r.ErrorCode != 0 {
		return records, errorText(r.ErrorCode, nil)
	}
	out := r.Topics[0].Partitions[0]
	return records, fmt.Sprintf("%s leader=%d epoch=%d isr=%v partitionEpoch=%d", errorText(out.ErrorCode, nil), out.LeaderID, out.LeaderEpoch, out.ISR, out.PartitionEpoch)
}

func (s *script) elect(a args) ([]Record, string) {
	req := &protocol.ElectLeadersRequest{}
	if _, ok := a["unclean"]; ok {
		req.ElectionType = 1
	}
	if topic, ok := a["topic"]; ok {
		req.TopicPartitions = []protocol.ElectLeadersRequestTopicPartitions{{Topic: topic, Partitions: []int32{int32(a.int("p", 0))}}}
	}
	records, r := s.core.electLeaders(s.env(), Request{}, req)
	out := []string{errorText(r.ErrorCode, nil)}
	for _, t := range r.ReplicaElectionResults {
		for _, p := range t.PartitionResult {
			out = append(out, fmt.Sprintf("%s-%d %s", t.Topic, p.PartitionID, errorText(p.ErrorCode, p.ErrorMessage)))
		}
	}
	return records, strings.Join(out, "\n")
}

var resourceTypes = map[string]int8{"topic": 2, "broker": 4, "logger": 8, "metrics": 16, "group": 32}

func (s *script) config(a args) ([]Record, string) {
	var value *string
	if v, ok := a["value"]; ok {
		value = &v
	}
	op, named := map[string]int8{"": 0, "delete": 1, "append": 2, "subtract": 3}[a["op"]]
	if !named {
		op = int8(a.int("op", 0))
	}
	change := protocol.IncrementalAlterConfigsRequestAlterableConfig{Name: a["key"], ConfigOperation: op, Value: value}
	records, r := s.core.incrementalAlterConfigs(s.env(), Request{}, &protocol.IncrementalAlterConfigsRequest{
		Resources: []protocol.IncrementalAlterConfigsRequestAlterConfigsResource{{ResourceType: resourceTypes[a["type"]], ResourceName: a["name"],
			Configs: []protocol.IncrementalAlterConfigsRequestAlterableConfig{change}}}})
	return records, errorText(r.Responses[0].ErrorCode, r.Responses[0].ErrorMessage)
}

func (s *script) replaceConfig(a args) ([]Record, string) {
	res := protocol.AlterConfigsRequestResource{ResourceType: resourceTypes[a["type"]], ResourceName: a["name"]}
	for kv := range strings.SplitSeq(a["set"], ";") {
		if k, v, ok := strings.Cut(kv, ":"); ok {
			res.Configs = append(res.Configs, protocol.AlterConfigsRequestAlterableConfig{Name: k, Value: &v})
		}
	}
	records, r := s.core.alterConfigs(s.env(), Request{}, &protocol.AlterConfigsRequest{Resources: []protocol.AlterConfigsRequestResource{res}})
	return records, errorText(r.Responses[0].ErrorCode, r.Responses[0].ErrorMessage)
}

func (s *script) showTopic(name string) string {
	t := s.image.Topics().ByName(name)
	if t == nil {
		return "none"
	}
	var b strings.Builder
	for i, p := range t.Partitions {
		fmt.Fprintf(&b, "%d: leader=%d epoch=%d/%d replicas=%v isr=%v elr=%v lastKnown=%v recovery=%d\n", i, p.Leader, p.LeaderEpoch, p.PartitionEpoch,
			p.Replicas, p.ISR, p.ELR, p.LastKnownELR, p.LeaderRecovery)
	}
	return b.String()
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
	records, r := s.core.assignReplicasToDirs(s.env(), Request{}, req)
	out := errorText(r.ErrorCode, nil)
	for _, d := range r.Directories {
		for _, p := range d.Topics[0].Partitions {
			out += fmt.Sprintf(" %d:%s", p.PartitionIndex, errorText(p.ErrorCode, nil))
		}
	}
	return records, out
}
