package controller

import (
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
// delete.topic.enable). A topic that is named twice, or by name and by id, is refused once and deleted once.
func (c *Core) deleteTopics(e Env, ctx Request, r *protocol.DeleteTopicsRequest) ([]Record, *protocol.DeleteTopicsResponse) {
	resp := protocol.New[protocol.DeleteTopicsResponse]()
	asked := r.Topics
	for _, name := range r.TopicNames {
		asked = append(asked, protocol.DeleteTopicsRequestDeleteTopicState{Name: &name})
	}
	enabled := c.brokerSettings(e.Image).Bool("delete.topic.enable")
	var records []Record
	deleted := map[wire.UUID]bool{}
	names, ids := countAsked(asked)
	refused := map[string]bool{}
	for _, t := range asked {
		if t.Name != nil && names[*t.Name] > 1 {
			if refused[*t.Name] {
				continue
			}
			refused[*t.Name] = true
		}
		out := protocol.DeleteTopicsResponseDeletableTopicResult{Name: t.Name, TopicID: t.TopicID}
		topic, f := findToDelete(e.Image, &t, names, ids)
		switch {
		case f.failed():
		case !enabled && ctx.Version < 3:
			f = fail(protocol.ErrInvalidRequest, "Topic deletion is disabled.")
		case !enabled:
			f = fail(protocol.ErrTopicDeletionDisabled, "Topic deletion is disabled.")
		case deleted[topic.ID]:
			f = fail(protocol.ErrInvalidRequest, "The provided topic name maps to an ID that was already supplied.")
		default:
			deleted[topic.ID] = true
			out.Name, out.TopicID = &topic.Name, topic.ID
			records = append(records, &mr.RemoveTopicRecord{TopicID: topic.ID})
		}
		out.ErrorCode, out.ErrorMessage = f.code.Code(), f.message()
		resp.Responses = append(resp.Responses, out)
	}
	return records, resp
}

func countAsked(asked []protocol.DeleteTopicsRequestDeleteTopicState) (names map[string]int, ids map[wire.UUID]int) {
	names, ids = map[string]int{}, map[wire.UUID]int{}
	for _, t := range asked {
		if t.Name != nil {
			names[*t.Name]++
		}
		ids[t.TopicID]++
	}
	return names, ids
}

func findToDelete(image *metadata.Image, t *protocol.DeleteTopicsRequestDeleteTopicState, names map[string]int, ids map[wire.UUID]int) (*metadata.Topic, failure) {
	var topic *metadata.Topic
	switch {
	case t.Name != nil && !t.TopicID.IsZero():
		return nil, fail(protocol.ErrInvalidRequest, "You may not specify both topic name and topic id.")
	case t.Name == nil && t.TopicID.IsZero():
		return nil, fail(protocol.ErrInvalidRequest, "Neither topic name nor id were specified.")
	case t.Name != nil && names[*t.Name] > 1:
		return nil, fail(protocol.ErrInvalidRequest, "Duplicate topic name.")
	case t.Name != nil:
		if topic = image.Topics().ByName(*t.Name); topic == nil {
			return nil, fail(protocol.ErrUnknownTopicOrPartition, protocol.ErrUnknownTopicOrPartition.Message())
		}
	case ids[t.TopicID] > 1:
		return nil, fail(protocol.ErrInvalidRequest, "Duplicate topic id.")
	default:
		if topic = image.Topics().ByID(t.TopicID); topic == nil {
			return nil, fail(protocol.ErrUnknownTopicID, protocol.ErrUnknownTopicID.Message())
		}
	}
	return topic, failure{}
}

// failDeleteTopics answers every topic of a request with one error.
func failDeleteTopics(r *protocol.DeleteTopicsRequest, err protocol.Error) *protocol.DeleteTopicsResponse {
	resp := protocol.New[protocol.DeleteTopicsResponse]()
	text := err.Message()
	for _, name := range r.TopicNames {
		resp.Responses = append(resp.Responses, protocol.DeleteTopicsResponseDeletableTopicResult{
			Name: &name, ErrorCode: err.Code(), ErrorMessage: &text})
	}
	for _, t := range r.Topics {
		resp.Responses = append(resp.Responses, protocol.DeleteTopicsResponseDeletableTopicResult{
			Name: t.Name, TopicID: t.TopicID, ErrorCode: err.Code(), ErrorMessage: &text})
	}
	return resp
}
