package controller

import (
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/gregorhq/gregor/internal/config"
	"github.com/gregorhq/gregor/internal/metadata"
	"github.com/gregorhq/gregor/internal/protocol"
	"github.com/gregorhq/gregor/internal/protocol/wire"
)

// ElectLeaders elects preferred leaders, or any live leaders in an unclean election.
var ElectLeaders = declare(API[*protocol.ElectLeadersRequest, *protocol.ElectLeadersResponse]{
	decide:    (*Core).electLeaders,
	fail:      failedElections,
	timeout:   func(r *protocol.ElectLeadersRequest) time.Duration { return millis(r.TimeoutMs) },
	published: true,
})

// failedElections names every partition of the request: version 0 has no other place for an error.
func failedElections(req *protocol.ElectLeadersRequest, err protocol.Error) *protocol.ElectLeadersResponse {
	resp := protocol.New[protocol.ElectLeadersResponse]()
	if req.TopicPartitions != nil && len(req.TopicPartitions) == 0 {
		return resp // as in Kafka, nothing to elect is no error
	}
	resp.ErrorCode = err.Code()
	for _, t := range req.TopicPartitions {
		r := protocol.ElectLeadersResponseReplicaElectionResult{Topic: t.Topic}
		for _, id := range t.Partitions {
			r.PartitionResult = append(r.PartitionResult, protocol.ElectLeadersResponsePartitionResult{PartitionID: id, ErrorCode: err.Code()})
		}
		resp.ReplicaElectionResults = append(resp.ReplicaElectionResults, r)
	}
	return resp
}

const noBroker int32 = -1

// mv36IV0 is the first metadata.version at which a shrunk ISR needs no new leader epoch.
const mv36IV0 int16 = 12

// change starts a change of a partition with the rules that hold for its topic: the brokers that
// may lead, the ELR and min.insync.replicas.
func (c *Core) change(image *metadata.Image, t *metadata.Topic, index int32, acceptable func(int32) bool) *partitionChange {
	p := t.Partitions[index]
	ch := newPartitionChange(t.ID, index, p)
	ch.acceptable = func(id int32) bool { return acceptable(id) && DirectoryOnline(image, p, id) }
	ch.elr = image.Features().ELREnabled()
	ch.minISR = c.topicConfig(image, t.Name).Int(minInsyncReplicas)
	ch.bumpOnShrink = image.Features().MetadataVersion() < mv36IV0
	ch.directoryOf = func(id int32) wire.UUID { return defaultDirectory(image, id) }
	return ch
}

// isActive reports whether the broker is registered, not fenced and not shutting down.
func isActive(image *metadata.Image, id int32) bool {
	b := image.Broker(id)
	return b != nil && !b.Fenced && !b.InControlledShutdown
}

// DirectoryOnline reports whether the broker of a replica still offers the replica's directory.
func DirectoryOnline(image *metadata.Image, p *metadata.Partition, id int32) bool {
	b := image.Broker(id)
	return b == nil || offers(b, p.DirectoryOf(id))
}

// offers reports whether a replica in the directory can be in service: its broker offers the
// directory, or the directory is not known yet.
func offers(b *metadata.Broker, dir wire.UUID) bool {
	if len(b.LogDirs) == 0 {
		return true
	}
	switch dir {
	case metadata.DirectoryUnassigned, metadata.DirectoryMigrating:
		return true
	case metadata.DirectoryLost:
		return false
	}
	return slices.Contains(b.LogDirs, dir)
}

// defaultDirectory is the directory of a new replica. It is known when the broker has one directory
// only.
func defaultDirectory(image *metadata.Image, id int32) wire.UUID {
	b := image.Broker(id)
	switch {
	case b == nil:
		return metadata.DirectoryUnassigned
	case len(b.LogDirs) == 0:
		return metadata.DirectoryMigrating
	case len(b.LogDirs) == 1:
		return b.LogDirs[0]
	}
	return metadata.DirectoryUnassigned
}

// shift is a change of one broker's state that changes leaders and ISRs.
type shift struct {
	remove  int32 // leaves all ISRs and must not lead, or noBroker
	add     int32 // may lead though the image does not say so yet, or noBroker
	unclean int32 // came back from an unclean stop: leaves ISRs and ELRs and must not lead, or noBroker
}

// shiftRecords returns the changes of every partition that touches selects.
func (c *Core) shiftRecords(image *metadata.Image, s shift, touches func(*metadata.Partition) bool) []Record {
	acceptable := func(id int32) bool {
		return id != s.remove && id != s.unclean && (id == s.add || isActive(image, id))
	}
	var records []Record
	for t := range image.Topics().All() {
		for i, p := range t.Partitions {
			if !touches(p) {
				continue
			}
			ch := c.change(image, t, int32(i), acceptable)
			if c.uncleanElection(image, t.Name) {
				ch.election = electUnclean
			}
			ch.isr = without(p.ISR, s.remove, s.unclean)
			if s.unclean != noBroker {
				ch.uncleanShutdown = []int32{s.unclean}
			}
			if r := ch.build(); r != nil {
				records = append(records, r)
			}
		}
	}
	return records
}

// inISR selects the partitions whose ISR has the broker. It also selects those that it leads
// outside the ISR: directories of earlier releases may have such partitions.
func inISR(id int32) func(*metadata.Partition) bool {
	return func(p *metadata.Partition) bool { return p.Leader == id || slices.Contains(p.ISR, id) }
}

func inISROrELR(id int32) func(*metadata.Partition) bool {
	return func(p *metadata.Partition) bool { return inISR(id)(p) || slices.Contains(p.ELR, id) }
}

func leaderless(p *metadata.Partition) bool { return p.Leader == metadata.NoLeader }

func hasLeaderships(image *metadata.Image, id int32) bool {
	for t := range image.Topics().All() {
		for _, p := range t.Partitions {
			if p.Leader == id {
				return true
			}
		}
	}
	return false
}

// topicConfig is the configuration of a topic: its own over the broker settings.
func (c *Core) topicConfig(image *metadata.Image, topic string) *config.TopicValues {
	// A value that is not valid comes from another release. Leaders report it.
	values, _ := config.Topic(c.brokerSettings(image), image.Configs(metadata.ResourceTopic, topic))
	return values
}

func (c *Core) uncleanElection(image *metadata.Image, topic string) bool {
	return c.topicConfig(image, topic).Bool("unclean.leader.election.enable")
}

// electLeaders answers ElectLeaders (KIP-460): versions 0-2.
func (c *Core) electLeaders(e Env, _ Request, r *protocol.ElectLeadersRequest) ([]Record, *protocol.ElectLeadersResponse) {
	resp := protocol.New[protocol.ElectLeadersResponse]()
	kind := electOnline
	switch r.ElectionType {
	case 0:
		kind = electPreferred
	case 1:
		kind = electUnclean
	default:
		return nil, unknownElection(r)
	}
	done := changes{e: e}
	try := func(topic string, partitions []int32, all bool) {
		t := e.Image.Topics().ByName(topic)
		out := protocol.ElectLeadersResponseReplicaElectionResult{Topic: topic}
		for _, id := range partitions {
			image := e.Image
			if t != nil && !all {
				image = done.image(t.ID, id)
			}
			record, f := c.electOne(image, topic, id, kind)
			done.add(record)
			if all && f.code == protocol.ErrElectionNotNeeded {
				continue
			}
			out.PartitionResult = append(out.PartitionResult, protocol.ElectLeadersResponsePartitionResult{
				PartitionID: id, ErrorCode: f.code.Code(), ErrorMessage: f.message()})
		}
		resp.ReplicaElectionResults = append(resp.ReplicaElectionResults, out)
	}
	if r.TopicPartitions == nil {
		for t := range e.Image.Topics().All() {
			try(t.Name, indexes(t), true)
		}
		return done.records, resp
	}
	for _, t := range r.TopicPartitions {
		try(t.Topic, t.Partitions, false)
	}
	return done.records, resp
}

// unknownElection refuses a type of election that does not exist: every partition that the request
// names, and the whole request unless its list of partitions is empty, as Kafka does.
func unknownElection(r *protocol.ElectLeadersRequest) *protocol.ElectLeadersResponse {
	resp := protocol.New[protocol.ElectLeadersResponse]()
	if r.TopicPartitions == nil || len(r.TopicPartitions) > 0 {
		resp.ErrorCode = protocol.ErrInvalidRequest.Code()
	}
	text := fmt.Sprintf("Unknown election type %d", r.ElectionType)
	for _, t := range r.TopicPartitions {
		out := protocol.ElectLeadersResponseReplicaElectionResult{Topic: t.Topic}
		for _, id := range t.Partitions {
			out.PartitionResult = append(out.PartitionResult, protocol.ElectLeadersResponsePartitionResult{
				PartitionID: id, ErrorCode: protocol.ErrInvalidRequest.Code(), ErrorMessage: &text})
		}
		resp.ReplicaElectionResults = append(resp.ReplicaElectionResults, out)
	}
	return resp
}

func indexes(t *metadata.Topic) []int32 {
	out := make([]int32, len(t.Partitions))
	for i := range out {
		out[i] = int32(i)
	}
	return out
}

func (c *Core) electOne(image *metadata.Image, topic string, index int32, kind election) (Record, failure) {
	t := image.Topics().ByName(topic)
	if t == nil {
		return nil, fail(protocol.ErrUnknownTopicOrPartition, "No such topic as "+topic)
	}
	p := t.Partition(index)
	if p == nil {
		return nil, fail(protocol.ErrUnknownTopicOrPartition, "No such partition as "+topic+"-"+strconv.Itoa(int(index)))
	}
	if kind == electPreferred && p.Leader == p.PreferredReplica() || kind == electUnclean && p.Leader != metadata.NoLeader {
		return nil, fail(protocol.ErrElectionNotNeeded, protocol.ErrElectionNotNeeded.Message())
	}
	ch := c.change(image, t, index, func(id int32) bool { return isActive(image, id) })
	ch.election = kind
	if r := ch.build(); r != nil {
		return r, failure{}
	}
	if kind == electPreferred {
		return nil, fail(protocol.ErrPreferredLeaderNotAvailable, protocol.ErrPreferredLeaderNotAvailable.Message())
	}
	return nil, fail(protocol.ErrEligibleLeadersNotAvailable, protocol.ErrEligibleLeadersNotAvailable.Message())
}
