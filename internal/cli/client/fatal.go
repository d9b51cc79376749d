package client

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/gregorhq/gregor/internal/protocol"
)

// fatalCodes are the errors that end Kafka's consumer: missing permissions, a name that no topic
// can have, a group that the consumer does not fit into, a position that does not exist. An unknown
// topic or partition may still be created.
var fatalCodes = []protocol.Error{
	protocol.ErrTopicAuthorizationFailed, protocol.ErrGroupAuthorizationFailed, protocol.ErrClusterAuthorizationFailed,
	protocol.ErrInvalidTopicException, protocol.ErrInvalidGroupID, protocol.ErrInconsistentGroupProtocol,
	protocol.ErrUnsupportedVersion, protocol.ErrFencedInstanceID, protocol.ErrGroupMaxSizeReached, protocol.ErrOffsetOutOfRange,
}

// passingFetch are the errors of a fetch after which Kafka's consumer looks for the leader or the
// offset, and fetches again. The library also reports such errors of metadata and of offsets here.
// It resets an offset out of range by itself.
var passingFetch = append([]protocol.Error{
	protocol.ErrReplicaNotAvailable, protocol.ErrUnknownTopicOrPartition, protocol.ErrUnknownTopicID,
	protocol.ErrInconsistentTopicID, protocol.ErrUnknownServerError, protocol.ErrFetchSessionIDNotFound,
	protocol.ErrInvalidFetchSessionEpoch, protocol.ErrFetchSessionTopicIDError,
}, append(slices.Clone(passing), leaderless...)...)

// position is the position of a consumer in a partition.
type position struct {
	topic     string
	partition int32
}

func (p position) String() string { return fmt.Sprintf("%s-%d", p.topic, p.partition) }

// undefined reports whether the consumer has no position in a partition yet.
func (c *Consumer) undefined(p position) bool {
	_, read := c.next[p]
	return !read
}

// Fatal returns the first error of a poll that waiting does not mend, worded as Kafka's consumer
// words it. The library reports other errors too, and tries those again by itself.
func (c *Consumer) Fatal(ctx context.Context, f kgo.Fetches) error {
	for _, e := range f.Errors() {
		var reset *kgo.ErrDataLoss
		var session *kgo.ErrGroupSession
		var code *kerr.Error
		switch {
		case NoBroker(e.Err):
			return e.Err
		case errors.Is(e.Err, context.Canceled), errors.Is(e.Err, context.DeadlineExceeded), errors.As(e.Err, &reset):
		case errors.As(e.Err, &code):
			if err := c.fatalCode(ctx, position{e.Topic, e.Partition}, protocol.Error(code.Code)); err != nil {
				return err
			}
		case errors.Is(e.Err, kgo.ErrClientClosed):
			return e.Err
		case errors.As(e.Err, &session):
		case c.noReset && c.undefined(position{e.Topic, e.Partition}):
			return fmt.Errorf("Undefined offset with no reset policy for partitions: [%s-%d]", e.Topic, e.Partition)
		default:
			return c.unreadable(ctx, position{e.Topic, e.Partition}, e.Err)
		}
	}
	f.EachPartition(func(p kgo.FetchTopicPartition) {
		if n := len(p.Records); n > 0 {
			c.next[position{p.Topic, p.Partition}] = p.Records[n-1].Offset + 1
		}
	})
	return nil
}

// fatalCode returns the error of a code that fetching again does not mend, nil for any other code.
func (c *Consumer) fatalCode(ctx context.Context, p position, code protocol.Error) error {
	switch {
	case slices.Contains(fatalCodes, code):
		return Err(int16(code), nil)
	case code == protocol.ErrCorruptMessage:
		return fmt.Errorf("Encountered corrupt message when fetching offset %s for topic-partition %s", c.offsetText(ctx, p), p)
	case p.topic == "" || p.partition < 0 || slices.Contains(passingFetch, code):
		return nil
	}
	return fmt.Errorf("Unexpected error code %d while fetching at offset %s from topic-partition %s", int16(code), c.offsetText(ctx, p), p)
}

// offsetText returns the offset at which the consumer reads, for an error message.
func (c *Consumer) offsetText(ctx context.Context, p position) string {
	if at, ok := c.next[p]; ok {
		return fmt.Sprint(at)
	}
	ctx, cancel := context.WithTimeout(ctx, findTime)
	defer cancel()
	if md, err := Metadata(ctx, c.Admin, []string{p.topic}); err == nil && len(md.Topics) == 1 {
		if at, err := c.position(ctx, p, md.Topics[0].TopicID); err == nil {
			return fmt.Sprint(at)
		}
	}
	return "unknown"
}
