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
		case errors.Is(e.Err, context.Canceled), errors.Is(e.Err, context.DeadlineExceeded), errors.As(e.Err, &reset):
		case errors.As(e.Err, &code):
			if slices.Contains(fatalCodes, protocol.Error(code.Code)) {
				return Err(code.Code, nil)
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
