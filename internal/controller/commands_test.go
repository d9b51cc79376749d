package controller

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/gregorhq/gregor/internal/config"
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
	case "wait":
		s.wait(a)
		return nil, "ok"
	case "tick":
		return s.core.Tick(s.env()), "ok"
	case "register":
		return s.register(a)
	case "heartbeat":
		return s.heartbeat(a)
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
		return s.stored(&mr.ConfigRecord{ResourceType: resourceTypes[a["type"]], ResourceName: a["name"], Name: a["key"], Value: &value})
	case "stored-partition":
		return s.storedPartition(a)
	case "replace-config":
		return s.replaceConfig(a)
	case "producer-ids":
		b := s.image.Broker(int32(a.int("id", 0)))
		req := &protocol.AllocateProducerIDsRequest{BrokerID: int32(a.int("id", 0)), BrokerEpoch: int64(a.int("epoch", -1))}
		if b != nil && a["epoch"] == "" {
			req.BrokerEpoch = b.Epoch
		}
		records, r := ask(s, AllocateProducerIDs, 0, req)
		return records, fmt.Sprintf("%s %d+%d", errorText(r.ErrorCode, nil), r.ProducerIDStart, r.ProducerIDLen)
	case "assign-dirs":
		return s.assignDirs(a)
	case "show":
		return nil, s.showTopic(a["topic"])
	}
	return s.clusterCommand(name, a)
}

// stored replays a record as an earlier release may have written it.
func (s *script) stored(r Record) ([]Record, string) {
	s.replay([]Record{r})
	return nil, "ok"
}

func (s *script) storedPartition(a args) ([]Record, string) {
	r := &mr.PartitionChangeRecord{}
	r.SetDefaults()
	r.TopicID, r.PartitionID = s.image.Topics().ByName(a["topic"]).ID, int32(a.int("p", 0))
	r.ISR, r.Leader = nonNil(a.ints("isr")), int32(a.int("leader", -1))
	return s.stored(r)
}

// wait passes time, in which sessions end; broker 1 lives on. It shows no records: Kafka also
// records the fencing of brokers that are fenced already.
func (s *script) wait(a args) {
	d, err := time.ParseDuration(a["for"])
	if err != nil {
		panic(err)
	}
	if s.peer != nil {
		timer := time.NewTimer(d)
		select {
		case <-timer.C:
		case <-s.t.Context().Done():
		}
		s.replay(s.peer.records())
		return
	}
	s.now += d
	s.run("heartbeat id=1")
	for records := s.core.Tick(s.env()); len(records) > 0; records = s.core.Tick(s.env()) {
		s.replay(records)
	}
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
		BrokerID: int32(id), ClusterID: s.clusterID, IncarnationID: wire.UUID{byte(a.int("incarnation", 1)), byte(id)},
		Listeners: []protocol.BrokerRegistrationRequestListener{{Name: "PLAINTEXT", Host: "h", Port: uint16(9090 + id)}},
		Features:  supportedFeatures(), LogDirs: directories(id, a.int("dirs", 1)), PreviousBrokerEpoch: -1,
	}
	if b := s.image.Broker(int32(id)); b != nil && a["previous"] == "own" {
		req.PreviousBrokerEpoch = b.Epoch
	}
	if rack, ok := a["rack"]; ok {
		req.Rack = &rack
	}
	if c, ok := a["cluster"]; ok {
		req.ClusterID = c
	}
	if a["features"] == "none" {
		req.Features = nil
	}
	if _, ok := a["dir-of"]; ok {
		req.LogDirs = s.image.Broker(int32(a.int("dir-of", 0))).LogDirs
	}
	if _, ok := a["reserved-dir"]; ok {
		req.LogDirs = []wire.UUID{{15: 9}}
	}
	if _, ok := a["same-dir-twice"]; ok {
		req.LogDirs = append(req.LogDirs, req.LogDirs[0])
	}
	if a["features"] == "old" {
		req.Features = []protocol.BrokerRegistrationRequestFeature{{Name: metadata.FeatureMetadataVersion, MinSupportedVersion: 1, MaxSupportedVersion: 3}}
	}
	records, r := ask(s, BrokerRegistration, 4, req)
	return records, errorText(r.ErrorCode, nil)
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
	if _, ok := a["cordoned"]; ok {
		req.CordonedLogDirs = []wire.UUID{}
		for _, dir := range a.ints("cordoned") {
			req.CordonedLogDirs = append(req.CordonedLogDirs, directories(int(id), int(dir))[dir-1])
		}
	}
	_, req.WantFence = a["fence"]
	_, req.WantShutDown = a["shutdown"]
	records, r := ask(s, BrokerHeartbeat, 1, req)
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
	req := &protocol.CreateTopicsRequest{TimeoutMs: 10_000, Topics: []protocol.CreateTopicsRequestCreatableTopic{t}}
	if a["twice"] != "" {
		req.Topics = append(req.Topics, t)
	}
	_, req.ValidateOnly = a["validate"]
	records, r := ask(s, CreateTopics, 7, req)
	var out []string
	for _, t := range r.Topics {
		text := errorText(t.ErrorCode, t.ErrorMessage)
		if t.ErrorCode == 0 {
			text += fmt.Sprintf(" partitions=%d replicas=%d configs=%s", t.NumPartitions, t.ReplicationFactor, countConfigs(len(t.Configs)))
		}
		out = append(out, text)
	}
	return records, strings.Join(out, "\n")
}

func (s *script) delete(a args) ([]Record, string) {
	req := &protocol.DeleteTopicsRequest{TimeoutMs: 10_000}
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
	records, r := ask(s, DeleteTopics, 6, req)
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
	records, r := ask(s, CreatePartitions, 3, &protocol.CreatePartitionsRequest{TimeoutMs: 10_000, Topics: []protocol.CreatePartitionsRequestTopic{t}})
	return records, errorText(r.Results[0].ErrorCode, r.Results[0].ErrorMessage)
}

func (s *script) alterISR(a args) ([]Record, string) {
	t := s.image.Topics().ByName(a["topic"])
	index := int32(a.int("p", 0))
	p := t.Partition(index)
	if p == nil {
		p = t.Partition(0)
	}
	if p == nil {
		return nil, "no topic " + a["topic"]
	}
	req := protocol.AlterPartitionRequestPartitionData{PartitionIndex: index, LeaderEpoch: int32(a.int("leader-epoch", int(p.LeaderEpoch))),
		PartitionEpoch: int32(a.int("partition-epoch", int(p.PartitionEpoch))), LeaderRecoveryState: int8(a.int("recovery", int(p.LeaderRecovery)))}
	for _, id := range a.ints("isr") {
		state := protocol.AlterPartitionRequestBrokerState{BrokerID: id, BrokerEpoch: -1}
		if b := s.image.Broker(id); b != nil {
			state.BrokerEpoch = b.Epoch
		}
		if _, ok := a["member-epoch"]; ok {
			state.BrokerEpoch = int64(a.int("member-epoch", 0))
		}
		req.NewISRWithEpochs = append(req.NewISRWithEpochs, state)
	}
	whole := &protocol.AlterPartitionRequest{BrokerID: int32(a.int("from", int(p.Leader))), BrokerEpoch: -1,
		Topics: []protocol.AlterPartitionRequestTopicData{{TopicID: t.ID, Partitions: []protocol.AlterPartitionRequestPartitionData{req}}}}
	if b := s.image.Broker(whole.BrokerID); b != nil {
		whole.BrokerEpoch = int64(a.int("broker-epoch", int(b.Epoch)))
	}
	if a["topic-id"] == "unknown" {
		whole.Topics[0].TopicID = wire.UUID{9, 9, 9}
	}
	records, r := ask(s, AlterPartition, 3, whole)
	if r.ErrorCode != 0 {
		return records, errorText(r.ErrorCode, nil)
	}
	out := r.Topics[0].Partitions[0]
	return records, fmt.Sprintf("%s leader=%d epoch=%d isr=%v recovery=%d partitionEpoch=%d", errorText(out.ErrorCode, nil),
		out.LeaderID, out.LeaderEpoch, out.ISR, out.LeaderRecoveryState, out.PartitionEpoch)
}

func (s *script) elect(a args) ([]Record, string) {
	req := &protocol.ElectLeadersRequest{TimeoutMs: 10_000}
	if _, ok := a["unclean"]; ok {
		req.ElectionType = 1
	}
	if topic, ok := a["topic"]; ok {
		req.TopicPartitions = []protocol.ElectLeadersRequestTopicPartitions{{Topic: topic, Partitions: []int32{int32(a.int("p", 0))}}}
	}
	records, r := ask(s, ElectLeaders, 2, req)
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
	records, r := ask(s, IncrementalAlterConfigs, 1, &protocol.IncrementalAlterConfigsRequest{
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
	records, r := ask(s, AlterConfigs, 2, &protocol.AlterConfigsRequest{Resources: []protocol.AlterConfigsRequestResource{res}})
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

// countConfigs returns "all" for the number of topic keys that answers list, so that a new key
// changes no script.
func countConfigs(n int) string {
	listed := 0
	for _, d := range config.Definitions(config.TopicKey) {
		if !d.Internal {
			listed++
		}
	}
	if n == listed {
		return "all"
	}
	return strconv.Itoa(n)
}
