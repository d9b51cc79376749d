// Program segmentio drives segmentio/kafka-go.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	kafka "github.com/segmentio/kafka-go"

	"github.com/gregorhq/gregor/test/interop/go/drv"
)

type client struct {
	bootstrap string
	c         *kafka.Client
}

// Its reader does not distinguish an empty value from a null.
func main() {
	address := os.Args[len(os.Args)-1]
	drv.Main("github.com/segmentio/kafka-go", map[string]string{"codecs": drv.Codecs, "headers": "1", "tombstones": "1", "emptyisnull": "1"},
		client{address, &kafka.Client{Addr: kafka.TCP(address), Timeout: 20 * time.Second}})
}

func (c client) Create(ctx context.Context, topic string, partitions int) error {
	r, err := c.c.CreateTopics(ctx, &kafka.CreateTopicsRequest{Topics: []kafka.TopicConfig{{Topic: topic, NumPartitions: partitions, ReplicationFactor: 1}}})
	if err != nil {
		return err
	}
	return r.Errors[topic]
}

func (c client) List(ctx context.Context) (map[string]int, error) {
	m, err := c.c.Metadata(ctx, &kafka.MetadataRequest{})
	if err != nil {
		return nil, err
	}
	out := map[string]int{}
	for _, t := range m.Topics {
		out[t.Name] = len(t.Partitions)
	}
	return out, nil
}

func (c client) Delete(ctx context.Context, topic string) error {
	r, err := c.c.DeleteTopics(ctx, &kafka.DeleteTopicsRequest{Topics: []string{topic}})
	if err != nil {
		return err
	}
	return r.Errors[topic]
}

func (c client) Produce(ctx context.Context, topic, codec string, _ bool, recs []drv.Rec) error {
	codecs := map[string]kafka.Compression{"gzip": kafka.Gzip, "snappy": kafka.Snappy, "lz4": kafka.Lz4, "zstd": kafka.Zstd}
	w := &kafka.Writer{Addr: kafka.TCP(c.bootstrap), Topic: topic, Balancer: &balancer{}, Compression: codecs[codec], RequiredAcks: kafka.RequireAll, BatchTimeout: 5 * time.Millisecond}
	defer w.Close()
	var batch []kafka.Message
	for _, r := range recs {
		m := kafka.Message{Key: r.Key, Value: r.Value, WriterData: r.Partition}
		for _, h := range r.Headers {
			m.Headers = append(m.Headers, kafka.Header{Key: h.Key, Value: h.Value})
		}
		batch = append(batch, m)
	}
	return w.WriteMessages(ctx, batch...)
}

// balancer uses the message's partition when the message names one.
type balancer struct{ kafka.Hash }

func (b *balancer) Balance(m kafka.Message, partitions ...int) int {
	if p, ok := m.WriterData.(int); ok && p >= 0 {
		return p
	}
	return b.Hash.Balance(m, partitions...)
}

func rec(m kafka.Message) drv.Rec {
	r := drv.Rec{Key: m.Key, Value: m.Value, Partition: m.Partition, Offset: m.Offset, Timestamp: m.Time.UnixMilli()}
	for _, h := range m.Headers {
		r.Headers = append(r.Headers, drv.Header{Key: h.Key, Value: h.Value})
	}
	return r
}

func (c client) Read(ctx context.Context, topic string, count int, at int64, emit func(drv.Rec)) error {
	topics, err := c.c.Metadata(ctx, &kafka.MetadataRequest{Topics: []string{topic}})
	if err != nil {
		return err
	}
	n := 0
	for _, p := range topics.Topics[0].Partitions {
		ends, err := c.c.ListOffsets(ctx, &kafka.ListOffsetsRequest{Topics: map[string][]kafka.OffsetRequest{topic: {kafka.LastOffsetOf(p.ID)}}})
		if err != nil {
			return err
		}
		end := ends.Topics[topic][0].LastOffset
		r := kafka.NewReader(kafka.ReaderConfig{Brokers: []string{c.bootstrap}, Topic: topic, Partition: p.ID, MaxWait: 200 * time.Millisecond})
		if at > 0 {
			if err := r.SetOffsetAt(ctx, time.UnixMilli(at)); err != nil {
				r.Close()
				return err
			}
		}
		for o := max(r.Offset(), 0); o < end; o++ {
			m, err := r.ReadMessage(ctx)
			if err != nil {
				r.Close()
				return fmt.Errorf("%d of %d records: %w", n, count, err)
			}
			emit(rec(m))
			n++
		}
		r.Close()
	}
	return nil
}

func (c client) reader(group, topic string) *kafka.Reader {
	return kafka.NewReader(kafka.ReaderConfig{Brokers: []string{c.bootstrap}, GroupID: group, Topic: topic, SessionTimeout: 6 * time.Second,
		HeartbeatInterval: 1500 * time.Millisecond, MaxWait: 200 * time.Millisecond, StartOffset: kafka.FirstOffset, RebalanceTimeout: 10 * time.Second})
}

func (c client) Consume(ctx context.Context, group, topic string, count int, emit func(drv.Rec)) error {
	r := c.reader(group, topic)
	defer r.Close()
	for n := range count {
		m, err := r.FetchMessage(ctx)
		if err == nil {
			emit(rec(m))
			err = r.CommitMessages(ctx, m)
		}
		if err != nil {
			return fmt.Errorf("%d of %d records: %w", n, count, err)
		}
	}
	return nil
}

func (c client) Committed(ctx context.Context, group, topic string) (map[int]int64, error) {
	r, err := c.c.OffsetFetch(ctx, &kafka.OffsetFetchRequest{GroupID: group, Topics: map[string][]int{topic: {0, 1, 2}}})
	if err != nil {
		return nil, err
	}
	out := map[int]int64{}
	for _, p := range r.Topics[topic] {
		out[p.Partition] = p.CommittedOffset
	}
	return out, errors.Join(r.Error)
}

func (c client) Reset(ctx context.Context, group, topic string) error {
	r, err := c.c.OffsetCommit(ctx, &kafka.OffsetCommitRequest{GroupID: group, GenerationID: -1, Topics: map[string][]kafka.OffsetCommit{topic: {{Partition: 0}, {Partition: 1}, {Partition: 2}}}})
	if err != nil {
		return err
	}
	for _, p := range r.Topics[topic] {
		err = errors.Join(err, p.Error)
	}
	return err
}

func (c client) Member(ctx context.Context, group, topic string, emit func(drv.Rec)) error {
	r := c.reader(group, topic)
	defer r.Close()
	for {
		m, err := r.FetchMessage(ctx)
		if ctx.Err() != nil {
			return nil
		}
		if err != nil {
			return err
		}
		emit(rec(m))
		if err := r.CommitMessages(ctx, m); err != nil {
			fmt.Fprintln(os.Stderr, "commit:", err)
		}
	}
}
