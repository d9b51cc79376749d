package controller

import (
	"fmt"
	"time"

	"github.com/gregorhq/gregor/internal/metadata"
	"github.com/gregorhq/gregor/internal/protocol"
)

// CreatePartitions adds partitions to topics.
var CreatePartitions = declare(API[*protocol.CreatePartitionsRequest, *protocol.CreatePartitionsResponse]{
	decide:    (*Core).createPartitions,
	fail:      failCreatePartitions,
	timeout:   func(r *protocol.CreatePartitionsRequest) time.Duration { return millis(r.TimeoutMs) },
	published: true,
})

// createPartitions answers CreatePartitions, versions 0-3 (KIP-195). The number of partitions can
// only grow. New partitions have as many replicas as partition 0.
func (c *Core) createPartitions(e Env, _ Request, r *protocol.CreatePartitionsRequest) ([]Record, *protocol.CreatePartitionsResponse) {
	resp := protocol.New[protocol.CreatePartitionsResponse]()
	names := map[string]int{}
	for _, t := range r.Topics {
		names[t.Name]++
	}
	place := newPlacer(e.Image, e.Rand)
	var records []Record
	for i := range r.Topics {
		t := &r.Topics[i]
		if names[t.Name] == 0 {
			continue // answered once already
		}
		var added []Record
		var f failure
		if names[t.Name] > 1 {
			f = fail(protocol.ErrInvalidRequest, "Duplicate topic name.")
		} else {
			added, f = addPartitions(e.Image, place, t, len(records))
		}
		names[t.Name] = 0
		if !r.ValidateOnly {
			records = append(records, added...)
		}
		if f.code == protocol.ErrUnknownTopicOrPartition {
			f.text = "" // Kafka sends null
		}
		resp.Results = append(resp.Results, protocol.CreatePartitionsResponseTopicResult{
			Name: t.Name, ErrorCode: f.code.Code(), ErrorMessage: f.message()})
	}
	return records, resp
}

func addPartitions(image *metadata.Image, place *placer, t *protocol.CreatePartitionsRequestTopic, already int) ([]Record, failure) {
	topic := image.Topics().ByName(t.Name)
	if topic == nil {
		return nil, fail(protocol.ErrUnknownTopicOrPartition, protocol.ErrUnknownTopicOrPartition.Message())
	}
	have := len(topic.Partitions)
	additional := int(t.Count) - have
	switch {
	case additional == 0:
		return nil, fail(protocol.ErrInvalidPartitions, fmt.Sprintf("Topic already has %d partition(s).", have))
	case additional < 0:
		return nil, fail(protocol.ErrInvalidPartitions, fmt.Sprintf("The topic %s currently has %d partition(s); %d would not be an increase.", t.Name, have, t.Count))
	case additional+already > partitionsMax:
		return nil, fail(protocol.ErrPolicyViolation, "Excessively large number of additional partitions per request.")
	case t.Assignments != nil && len(t.Assignments) != additional:
		return nil, fail(protocol.ErrInvalidReplicaAssignment, fmt.Sprintf("Attempted to add %d additional partition(s), but only %d assignment(s) were specified.", additional, len(t.Assignments)))
	}
	factor := len(topic.Partitions[0].Replicas)
	replicas, f := additionalReplicas(image, place, t, have, additional, factor)
	if f.failed() {
		return nil, f
	}
	records := make([]Record, additional)
	for i := range records {
		records[i] = partitionRecord(image, topic.ID, int32(have+i), replicas[i])
	}
	return records, failure{}
}

func additionalReplicas(image *metadata.Image, place *placer, t *protocol.CreatePartitionsRequestTopic, have, additional, factor int) ([][]int32, failure) {
	if t.Assignments == nil {
		return placeAll(image, place, additional, factor)
	}
	replicas := make([][]int32, additional)
	for i, a := range t.Assignments {
		if f := checkManual(image, a.BrokerIDs, factor); f.failed() {
			return nil, f
		}
		if len(activeOf(image, a.BrokerIDs)) == 0 {
			return nil, fail(protocol.ErrInvalidReplicaAssignment, fmt.Sprintf("All brokers specified in the manual partition assignment for partition %d are fenced or in controlled shutdown.", have+i))
		}
		replicas[i] = a.BrokerIDs
	}
	return replicas, failure{}
}

// failCreatePartitions answers every topic of a request with one error. As in Kafka, a message that
// only repeats the error is null.
func failCreatePartitions(r *protocol.CreatePartitionsRequest, err protocol.Error) *protocol.CreatePartitionsResponse {
	resp := protocol.New[protocol.CreatePartitionsResponse]()
	for _, t := range r.Topics {
		resp.Results = append(resp.Results, protocol.CreatePartitionsResponseTopicResult{Name: t.Name, ErrorCode: err.Code()})
	}
	return resp
}
