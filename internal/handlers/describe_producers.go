package handlers

// DescribeProducers (key 61), version 0 (KIP-664): the producers that a partition's leader knows.

import (
	"github.com/gregorhq/gregor/internal/metadata"
	"github.com/gregorhq/gregor/internal/protocol"
	"github.com/gregorhq/gregor/internal/topicname"
	"github.com/gregorhq/gregor/storage"
)

// ProducerLister lists a partition's producers.
type ProducerLister interface {
	Producers(topic string, partition int32) ([]storage.ProducerState, protocol.Error)
	Image() *metadata.Image
}

// producerSize is the size in bytes of a producer in an answer.
const producerSize = 36

var _ = declare(func(e Engines) API { return DescribeProducers(e.Replicas) })

// DescribeProducers makes the API. An answer has at most about 100 MiB. Partitions above it
// get INVALID_REQUEST.
func DescribeProducers(log ProducerLister) API {
	return NewAPI(0, 0, func(c *Ctx, req *protocol.DescribeProducersRequest) {
		resp := protocol.New[protocol.DescribeProducersResponse]()
		left := newAllowance()
		for i := range req.Topics {
			t := &req.Topics[i]
			out := protocol.DescribeProducersResponseTopicResponse{Name: t.Name}
			for _, index := range t.PartitionIndexes {
				if !left.take(0) {
					text := tooMuchText
					out.Partitions = append(out.Partitions, protocol.DescribeProducersResponsePartitionResponse{
						PartitionIndex: index, ErrorCode: tooMuch.Code(), ErrorMessage: &text})
					continue
				}
				p := describedProducers(log, t.Name, index)
				left.take(16 + producerSize*len(p.ActiveProducers) + textSize(p.ErrorMessage))
				out.Partitions = append(out.Partitions, p)
			}
			resp.Topics = append(resp.Topics, out)
		}
		c.Respond(resp)
	})
}

func textSize(text *string) int {
	if text == nil {
		return 0
	}
	return len(*text)
}

func describedProducers(log ProducerLister, topic string, index int32) protocol.DescribeProducersResponsePartitionResponse {
	out := protocol.DescribeProducersResponsePartitionResponse{PartitionIndex: index}
	producers, err := log.Producers(topic, index)
	if text := topicname.Problem(topic); text != "" {
		out.ErrorCode, out.ErrorMessage = protocol.ErrInvalidTopicException.Code(), &text
		return out
	}
	if err == protocol.ErrUnknownTopicOrPartition && log.Image().Topics().ByName(topic) != nil {
		out.ErrorCode = err.Code() // as in Kafka, a partition beyond the last one has no text
		return out
	}
	if err != protocol.ErrNone {
		text := err.Message()
		out.ErrorCode, out.ErrorMessage = err.Code(), &text
		return out
	}
	for _, p := range producers {
		out.ActiveProducers = append(out.ActiveProducers, protocol.DescribeProducersResponseProducerState{
			ProducerID: p.ProducerID, ProducerEpoch: int32(p.ProducerEpoch), LastSequence: p.LastSequence, LastTimestamp: p.LastTimestamp,
			CoordinatorEpoch: p.CoordinatorEpoch, CurrentTxnStartOffset: p.CurrentTxnFirstOffset})
	}
	return out
}
