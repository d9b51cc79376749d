package gregor

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/gregorhq/gregor/internal/broker"
	"github.com/gregorhq/gregor/internal/handlers"
	"github.com/gregorhq/gregor/internal/protocol"
	"github.com/gregorhq/gregor/internal/protocol/wire"
)

// Topic is a topic that Start creates.
type Topic struct {
	Name string
	// Partitions is the number of partitions. 0 means the property num.partitions.
	Partitions int
	// Configs are the topic's configurations, for example cleanup.policy.
	Configs map[string]string
}

const createTopicsVersion = 7

// createTopics creates topics as a client would, and returns when clients can use them.
func createTopics(ctx context.Context, n *broker.Node, topics []Topic) error {
	if len(topics) == 0 {
		return nil
	}
	req := protocol.New[protocol.CreateTopicsRequest]()
	for _, t := range topics {
		c := protocol.CreateTopicsRequestCreatableTopic{Name: t.Name, NumPartitions: -1, ReplicationFactor: -1}
		if t.Partitions != 0 {
			c.NumPartitions = int32(t.Partitions)
		}
		for _, key := range slices.Sorted(maps.Keys(t.Configs)) {
			value := t.Configs[key]
			c.Configs = append(c.Configs, protocol.CreateTopicsRequestCreatableTopicConfig{Name: key, Value: &value})
		}
		req.Topics = append(req.Topics, c)
	}
	resp := protocol.New[protocol.CreateTopicsResponse]()
	if err := call(ctx, n, req, createTopicsVersion, resp); err != nil {
		return err
	}
	for _, t := range resp.Topics {
		e := protocol.Error(t.ErrorCode)
		if e == protocol.ErrNone || e == protocol.ErrTopicAlreadyExists {
			continue
		}
		why := e.Message()
		if t.ErrorMessage != nil {
			why = *t.ErrorMessage
		}
		return fmt.Errorf("cannot create topic %s: %s: %s", t.Name, e.Name(), why)
	}
	return nil
}

// call passes a request to the node without a socket and waits for the answer.
func call(ctx context.Context, n *broker.Node, req protocol.Message, version int16, resp protocol.Message) error {
	client := "gregor"
	var w wire.Writer
	protocol.AppendRequestHeader(&w, protocol.RequestHeader{APIKey: req.APIKey(), APIVersion: version, ClientID: &client})
	req.Encode(&w, version)
	if err := w.Err(); err != nil {
		return fmt.Errorf("%s: %w", req.MessageName(), err)
	}
	answered := make(chan handlers.Answer, 1)
	n.Registry().Call(w.Buf, handlers.Request{Received: time.Now(), ClientHost: "127.0.0.1"}, func(a handlers.Answer) { answered <- a })
	select {
	case a := <-answered:
		if a.Closed != "" {
			return fmt.Errorf("%s: %s", req.MessageName(), a.Closed)
		}
		_, body, err := protocol.ParseResponseHeader(a.Frame, req.APIKey(), version)
		if err != nil {
			return err
		}
		return resp.Decode(body, version)
	case <-ctx.Done():
		return fmt.Errorf("%s: %w", req.MessageName(), context.Cause(ctx))
	}
}
