package producer

import (
	"context"
	"fmt"
	"time"

	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/gregorhq/gregor/internal/cli/client"
	"github.com/gregorhq/gregor/internal/cli/tool"
)

// stallTime is how long records may wait for their answers before a line says why.
const stallTime = 5 * time.Second

// stallWatch prints the reason when records wait for the leader of a partition. The library tries
// such a record again for two minutes, without a line.
type stallWatch struct {
	env   *tool.Env
	cl    *client.Sender
	topic string
}

// run looks at each tick, and returns when ctx ends.
func (w stallWatch) run(ctx context.Context, ticks <-chan time.Time) {
	waited, said := false, ""
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticks:
		}
		waiting := w.cl.Unacknowledged() > 0
		if waiting && waited {
			if cause := w.missing(ctx); cause != "" && cause != said {
				said = cause
				w.env.Warn("WARN records wait for an answer, trying again: %s", cause)
			}
		}
		waited = waiting
	}
}

// missing returns what the cluster says about the topic and its partitions, "" when all is well.
func (w stallWatch) missing(ctx context.Context) string {
	ctx, cancel := context.WithTimeout(ctx, stallTime)
	defer cancel()
	req := kmsg.NewPtrMetadataRequest()
	topic := kmsg.NewMetadataRequestTopic()
	topic.Topic = &w.topic
	req.Topics = append(req.Topics, topic)
	resp, err := req.RequestWith(ctx, w.cl.Client.Client)
	if err != nil {
		return "" // the log of connections has the reason
	}
	return trouble(w.topic, resp)
}

// trouble names the first error of a topic or of its partitions.
func trouble(name string, resp *kmsg.MetadataResponse) string {
	for _, t := range resp.Topics {
		if err := client.Err(t.ErrorCode, nil); err != nil {
			return fmt.Sprintf("topic %s: %v", name, err)
		}
		for _, part := range t.Partitions {
			if err := client.Err(part.ErrorCode, nil); err != nil {
				return fmt.Sprintf("partition %s-%d: %v", name, part.Partition, err)
			}
		}
	}
	return ""
}
