package controller

import (
	"slices"
	"time"

	"github.com/gregorhq/gregor/internal/metadata"
	"github.com/gregorhq/gregor/internal/protocol"
	mr "github.com/gregorhq/gregor/internal/protocol/metadatarecord"
	"github.com/gregorhq/gregor/internal/protocol/wire"
)

// DeleteTopics deletes topics by name or by id.
var DeleteTopics = declare(API[*protocol.DeleteTopicsRequest, *protocol.DeleteTopicsResponse]{
	decide:    (*Core).deleteTopics,
	fail:      failDeleteTopics,
	timeout:   func(r *protocol.DeleteTopicsRequest) time.Duration { return millis(r.TimeoutMs) },
	published: true,
})

// deleteTopics answers DeleteTopics, versions 1-6 (KIP-4, KIP-516 by id, KIP-322 switched off by
// delete.topic.enable). As in Kafka, a topic that the request names twice is not deleted and gets
// one answer.
func (c *Core) deleteTopics(e Env, ctx Request, r *protocol.DeleteTopicsRequest) ([]Record, *protocol.DeleteTopicsResponse) {
	if !c.brokerSettings(e.Image).Bool("delete.topic.enable") {
		if ctx.Version < 3 {
			return nil, failDeleteTopics(r, protocol.ErrInvalidRequest)
		}
		return nil, failDeleteTopics(r, protocol.ErrTopicDeletionDisabled)
	}
	d := deletion{resp: protocol.New[protocol.DeleteTopicsResponse]()}
	for _, name := range r.TopicNames {
		d.names.add(name)
	}
	for _, t := range r.Topics {
		switch {
		case t.Name != nil && !t.TopicID.IsZero():
			d.answer(t.Name, t.TopicID, fail(protocol.ErrInvalidRequest, "You may not specify both topic name and topic id."))
		case t.Name != nil:
			d.names.add(*t.Name)
		case t.TopicID.IsZero():
			d.answer(nil, t.TopicID, fail(protocol.ErrInvalidRequest, "Neither topic name nor id were specified."))
		default:
			d.ids.add(t.TopicID)
		}
	}
	return d.decide(e.Image), d.resp
}

// deletion collects the topics of one DeleteTopics request.
type deletion struct {
	names distinct[string]
	ids   distinct[wire.UUID]
	resp  *protocol.DeleteTopicsResponse
}

// distinct holds keys in the order of their first use, and separates the keys that were used once
// from the others.
type distinct[K comparable] struct {
	order []K
	uses  map[K]int
}

func (d *distinct[K]) add(key K) {
	if d.uses == nil {
		d.uses = map[K]int{}
	}
	if d.uses[key] == 0 {
		d.order = append(d.order, key)
	}
	d.uses[key]++
}

func (d *deletion) answer(name *string, id wire.UUID, f failure) {
	d.resp.Responses = append(d.resp.Responses, protocol.DeleteTopicsResponseDeletableTopicResult{
		Name: name, TopicID: id, ErrorCode: f.code.Code(), ErrorMessage: f.message()})
}

func (d *deletion) decide(image *metadata.Image) (records []Record) {
	var topics []*metadata.Topic
	for _, name := range d.names.order {
		topic := image.Topics().ByName(name)
		switch {
		case d.names.uses[name] > 1:
			d.answer(&name, wire.UUID{}, fail(protocol.ErrInvalidRequest, "Duplicate topic name."))
		case topic == nil:
			d.answer(&name, wire.UUID{}, fail(protocol.ErrUnknownTopicOrPartition, protocol.ErrUnknownTopicOrPartition.Message()))
		case d.ids.uses[topic.ID] > 0:
			d.answer(&name, topic.ID, fail(protocol.ErrInvalidRequest, "The provided topic name maps to an ID that was already supplied."))
			d.ids.order = slices.DeleteFunc(d.ids.order, func(id wire.UUID) bool { return id == topic.ID && d.ids.uses[id] == 1 })
		default:
			topics = append(topics, topic)
		}
	}
	for _, id := range d.ids.order {
		topic := image.Topics().ByID(id)
		switch {
		case d.ids.uses[id] > 1:
			d.answer(nil, id, fail(protocol.ErrInvalidRequest, "Duplicate topic id."))
		case topic == nil:
			d.answer(nil, id, fail(protocol.ErrUnknownTopicID, protocol.ErrUnknownTopicID.Message()))
		default:
			topics = append(topics, topic)
		}
	}
	for _, topic := range topics {
		records = append(records, &mr.RemoveTopicRecord{TopicID: topic.ID})
		d.answer(&topic.Name, topic.ID, failure{})
	}
	return records
}

// failDeleteTopics answers every topic of a request with one error. As in Kafka, such an answer has
// no message.
func failDeleteTopics(r *protocol.DeleteTopicsRequest, err protocol.Error) *protocol.DeleteTopicsResponse {
	resp := protocol.New[protocol.DeleteTopicsResponse]()
	for _, name := range r.TopicNames {
		resp.Responses = append(resp.Responses, protocol.DeleteTopicsResponseDeletableTopicResult{Name: &name, ErrorCode: err.Code()})
	}
	for _, t := range r.Topics {
		resp.Responses = append(resp.Responses, protocol.DeleteTopicsResponseDeletableTopicResult{
			Name: t.Name, TopicID: t.TopicID, ErrorCode: err.Code()})
	}
	return resp
}
