// Program franz drives franz-go.
package main

import (
	"context"
	"fmt"
	"os"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/gregorhq/gregor/test/interop/go/drv"
)

type franz struct{ bootstrap string }

func main() {
	drv.Main("github.com/twmb/franz-go", map[string]string{"codecs": drv.Codecs, "headers": "1", "tombstones": "1", "idempotent": "1"},
		franz{os.Args[len(os.Args)-1]})
}

func (f franz) client(opts ...kgo.Opt) (*kgo.Client, *kadm.Client, error) {
	c, err := kgo.NewClient(append(opts, kgo.SeedBrokers(f.bootstrap))...)
	if err != nil {
		return nil, nil, err
	}
	return c, kadm.NewClient(c), nil
}

func (f franz) Create(ctx context.Context, topic string, partitions int) error {
	c, a, err := f.client()
	if err != nil {
		return err
	}
	defer c.Close()
	_, err = a.CreateTopic(ctx, int32(partitions), 1, nil, topic)
	return err
}

func (f franz) List(ctx context.Context) (map[string]int, error) {
	c, a, err := f.client()
	if err != nil {
		return nil, err
	}
	defer c.Close()
	topics, err := a.ListTopics(ctx)
	out := map[string]int{}
	for _, t := range topics {
		out[t.Topic] = len(t.Partitions)
	}
	return out, err
}

func (f franz) Delete(ctx context.Context, topic string) error {
	c, a, err := f.client()
	if err != nil {
		return err
	}
	defer c.Close()
	_, err = a.DeleteTopic(ctx, topic)
	return err
}

func (f franz) Produce(ctx context.Context, topic, codec string, idempotent bool, recs []drv.Rec) error {
	codecs := map[string]kgo.CompressionCodec{"none": kgo.NoCompression(), "gzip": kgo.GzipCompression(), "snappy": kgo.SnappyCompression(), "lz4": kgo.Lz4Compression(), "zstd": kgo.ZstdCompression()}
	opts := []kgo.Opt{kgo.ProducerBatchCompression(codecs[codec]), kgo.ProducerLinger(5 * time.Millisecond), kgo.RecordPartitioner(partitioner{kgo.StickyKeyPartitioner(nil)})}
	if idempotent {
		opts = append(opts, kgo.MaxBufferedRecords(7)) // several batches per partition
	} else {
		opts = append(opts, kgo.DisableIdempotentWrite())
	}
	c, _, err := f.client(opts...)
	if err != nil {
		return err
	}
	defer c.Close()
	var batch []*kgo.Record
	for _, r := range recs {
		k := &kgo.Record{Topic: topic, Key: r.Key, Value: r.Value, Partition: int32(r.Partition)}
		for _, h := range r.Headers {
			k.Headers = append(k.Headers, kgo.RecordHeader{Key: h.Key, Value: h.Value})
		}
		batch = append(batch, k)
	}
	return c.ProduceSync(ctx, batch...).FirstErr()
}

// partitioner uses the record's partition when the record names one.
type partitioner struct{ kgo.Partitioner }

func (p partitioner) ForTopic(t string) kgo.TopicPartitioner {
	return topicPartitioner{p.Partitioner.ForTopic(t)}
}

type topicPartitioner struct{ kgo.TopicPartitioner }

func (p topicPartitioner) Partition(r *kgo.Record, n int) int {
	if r.Partition >= 0 {
		return int(r.Partition)
	}
	return p.TopicPartitioner.Partition(r, n)
}

func emitAll(f kgo.Fetches, emit func(drv.Rec)) (n int) {
	f.EachRecord(func(r *kgo.Record) {
		d := drv.Rec{Key: r.Key, Value: r.Value, Partition: int(r.Partition), Offset: r.Offset, Timestamp: r.Timestamp.UnixMilli()}
		for _, h := range r.Headers {
			d.Headers = append(d.Headers, drv.Header{Key: h.Key, Value: h.Value})
		}
		emit(d)
		n++
	})
	return n
}

func (f franz) Read(ctx context.Context, topic string, count int, at int64, emit func(drv.Rec)) error {
	from := kgo.NewOffset().AtStart()
	if at > 0 {
		from = kgo.NewOffset().AfterMilli(at)
	}
	c, _, err := f.client(kgo.ConsumeTopics(topic), kgo.ConsumeResetOffset(from))
	if err != nil {
		return err
	}
	defer c.Close()
	return take(ctx, c, count, emit, func() error { return nil })
}

func take(ctx context.Context, c *kgo.Client, count int, emit func(drv.Rec), commit func() error) error {
	for n := 0; n < count; {
		fetches := c.PollRecords(ctx, count-n)
		if err := fetches.Err(); err != nil {
			return fmt.Errorf("%d of %d records: %w", n, count, err)
		}
		n += emitAll(fetches, emit)
		if err := commit(); err != nil {
			return err
		}
	}
	return nil
}

func (f franz) member(group, topic string) (*kgo.Client, error) {
	c, _, err := f.client(kgo.ConsumerGroup(group), kgo.ConsumeTopics(topic), kgo.DisableAutoCommit(), kgo.SessionTimeout(6*time.Second),
		kgo.HeartbeatInterval(1500*time.Millisecond), kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()))
	return c, err
}

func (f franz) Consume(ctx context.Context, group, topic string, count int, emit func(drv.Rec)) error {
	c, err := f.member(group, topic)
	if err != nil {
		return err
	}
	defer c.Close()
	return take(ctx, c, count, emit, func() error { return c.CommitUncommittedOffsets(ctx) })
}

func (f franz) Committed(ctx context.Context, group, topic string) (map[int]int64, error) {
	c, a, err := f.client()
	if err != nil {
		return nil, err
	}
	defer c.Close()
	offsets, err := a.FetchOffsets(ctx, group)
	out := map[int]int64{}
	offsets.Each(func(o kadm.OffsetResponse) { out[int(o.Partition)] = o.At })
	return out, err
}

func (f franz) Reset(ctx context.Context, group, topic string) error {
	c, a, err := f.client()
	if err != nil {
		return err
	}
	defer c.Close()
	start, err := a.ListStartOffsets(ctx, topic)
	if err != nil {
		return err
	}
	return a.CommitAllOffsets(ctx, group, start.Offsets())
}

func (f franz) Member(ctx context.Context, group, topic string, emit func(drv.Rec)) error {
	c, err := f.member(group, topic)
	if err != nil {
		return err
	}
	defer c.Close()
	for ctx.Err() == nil {
		emitAll(c.PollFetches(ctx), emit)
		if err := c.CommitUncommittedOffsets(context.Background()); err != nil {
			fmt.Fprintln(os.Stderr, "commit:", err)
		}
	}
	return nil
}
