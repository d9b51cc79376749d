package handlers

// DescribeTopicPartitions (key 75), version 0.
//
// KIP-966: topics in order of name, page by page, with eligible leader replicas. A page holds at
// most max.request.partition.size.limit partitions and at least one; the cursor of an answer is
// where the next one begins. A partition without a leader has no error here, other than in
// Metadata.
//
// Deviation: names of topics that do not exist take no room of a page, so they can follow a full
// page; Kafka sets a cursor on them.

import (
	"slices"

	"github.com/gregorhq/gregor/internal/metadata"
	"github.com/gregorhq/gregor/internal/protocol"
	"github.com/gregorhq/gregor/internal/topicname"
)

var _ = declare(func(e Engines) API {
	return DescribeTopicPartitions(e.Images, e.Config.Int("max.request.partition.size.limit"))
})

// DescribeTopicPartitions makes the API; limit is max.request.partition.size.limit.
func DescribeTopicPartitions(images ImageSource, limit int) API {
	return NewAPI(0, 0, func(c *Ctx, req *protocol.DescribeTopicPartitionsRequest) {
		resp := protocol.New[protocol.DescribeTopicPartitionsResponse]()
		if !validCursor(req) {
			for i := range req.Topics {
				t := *protocol.New[protocol.DescribeTopicPartitionsResponseResponseTopic]()
				t.ErrorCode, t.Name = protocol.ErrInvalidRequest.Code(), &req.Topics[i].Name
				resp.Topics = append(resp.Topics, t)
			}
			c.Respond(resp)
			return
		}
		p := page{
			view: topicView{image: images.Image(), listener: c.Listener, version: 13}, resp: resp,
			left: max(min(limit, int(req.ResponsePartitionLimit)), 1), cursor: req.Cursor,
		}
		if len(req.Topics) == 0 {
			p.all()
		} else {
			p.named(req)
		}
		c.Respond(resp)
	})
}

// validCursor: the cursor is at a partition, and at one of the topics that were asked for.
func validCursor(req *protocol.DescribeTopicPartitionsRequest) bool {
	if req.Cursor == nil {
		return true
	}
	asked := func(t protocol.DescribeTopicPartitionsRequestTopicRequest) bool {
		return t.Name == req.Cursor.TopicName
	}
	return req.Cursor.PartitionIndex >= 0 && (len(req.Topics) == 0 || slices.ContainsFunc(req.Topics, asked))
}

// page collects one answer.
type page struct {
	view   topicView
	resp   *protocol.DescribeTopicPartitionsResponse
	left   int
	cursor *protocol.DescribeTopicPartitionsRequestCursor
}

func (p *page) from() string {
	if p.cursor == nil {
		return ""
	}
	return p.cursor.TopicName
}

func (p *page) all() {
	for t := range p.view.image.Topics().From(p.from()) {
		if !p.add(t) {
			return
		}
	}
}

func (p *page) named(req *protocol.DescribeTopicPartitionsRequest) {
	names := make([]string, 0, len(req.Topics))
	for _, t := range req.Topics {
		if t.Name >= p.from() {
			names = append(names, t.Name)
		}
	}
	slices.Sort(names)
	for _, name := range slices.Compact(names) {
		if t := p.view.image.Topics().ByName(name); t != nil {
			if !p.add(t) {
				return
			}
			continue
		}
		missing := *protocol.New[protocol.DescribeTopicPartitionsResponseResponseTopic]()
		missing.Name, missing.ErrorCode = &name, unknownTopic(name).Code()
		missing.IsInternal, missing.TopicAuthorizedOperations = topicname.IsInternal(name), topicOperations
		p.resp.Topics = append(p.resp.Topics, missing)
	}
}

// add shows as much of a topic as the page has room for; false when the page is full.
func (p *page) add(t *metadata.Topic) bool {
	first := 0
	if p.cursor != nil && p.cursor.TopicName == t.Name {
		first = min(int(p.cursor.PartitionIndex), len(t.Partitions))
	}
	if p.left == 0 {
		p.resp.NextCursor = &protocol.DescribeTopicPartitionsResponseCursor{TopicName: t.Name, PartitionIndex: int32(first)}
		return false
	}
	out := *protocol.New[protocol.DescribeTopicPartitionsResponseResponseTopic]()
	out.Name, out.TopicID, out.IsInternal, out.TopicAuthorizedOperations = &t.Name, t.ID, topicname.IsInternal(t.Name), topicOperations
	end := min(len(t.Partitions), first+p.left)
	for i := first; i < end; i++ {
		out.Partitions = append(out.Partitions, p.partition(int32(i), t.Partitions[i]))
	}
	p.left -= end - first
	p.resp.Topics = append(p.resp.Topics, out)
	if end < len(t.Partitions) {
		p.resp.NextCursor = &protocol.DescribeTopicPartitionsResponseCursor{TopicName: t.Name, PartitionIndex: int32(end)}
		return false
	}
	return true
}

func (p *page) partition(index int32, from *metadata.Partition) protocol.DescribeTopicPartitionsResponseResponsePartition {
	var m protocol.MetadataResponseResponsePartition
	p.view.partition(&m, index, from)
	return protocol.DescribeTopicPartitionsResponseResponsePartition{
		PartitionIndex: index, LeaderID: m.LeaderID, LeaderEpoch: m.LeaderEpoch,
		ReplicaNodes: m.ReplicaNodes, ISRNodes: m.ISRNodes, OfflineReplicas: m.OfflineReplicas,
		EligibleLeaderReplicas: emptyNotNil(from.ELR), LastKnownELR: emptyNotNil(from.LastKnownELR),
	}
}

func emptyNotNil(s []int32) []int32 {
	if s == nil {
		return []int32{}
	}
	return s
}
