// Command fill makes a broker write every kind of file content: plain and compressed records, keys
// that compaction removes, tombstones, idempotent producers, groups with offsets, created and
// deleted topics, rolls.
package main

import (
	"context"
	"fmt"
	"os"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"
)

func main() {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	if err := fill(ctx, os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func fill(ctx context.Context, addr string) error {
	c, err := kgo.NewClient(kgo.SeedBrokers(addr))
	if err != nil {
		return err
	}
	defer c.Close()
	adm := kadm.NewClient(c)
	small, compact := "1048576", "compact"
	lag, ratio := "0", "0.01"
	for name, conf := range map[string]map[string]*string{
		"plain": {"segment.bytes": &small}, "codecs": nil, "gone": nil,
		"compacted": {"cleanup.policy": &compact, "segment.bytes": &small, "min.compaction.lag.ms": &lag, "min.cleanable.dirty.ratio": &ratio},
	} {
		// In the second run the topics exist.
		if _, err := adm.CreateTopic(ctx, 2, 1, conf, name); err != nil && name == "gone" {
			return err
		}
	}
	if err := produce(ctx, addr, "plain", kgo.NoCompression(), 4000, 1000); err != nil {
		return err
	}
	for _, codec := range []kgo.CompressionCodec{kgo.GzipCompression(), kgo.SnappyCompression(), kgo.Lz4Compression(), kgo.ZstdCompression()} {
		if err := produce(ctx, addr, "codecs", codec, 50, 300); err != nil {
			return err
		}
	}
	if err := produce(ctx, addr, "compacted", kgo.NoCompression(), 4000, 1000); err != nil {
		return err
	}
	if err := consume(ctx, addr); err != nil {
		return err
	}
	if _, err := adm.AlterTopicConfigs(ctx, []kadm.AlterConfig{{Name: "retention.ms", Value: kadm.StringPtr("86400000")}}, "plain"); err != nil {
		return err
	}
	_, err = adm.DeleteTopics(ctx, "gone")
	return err
}

func produce(ctx context.Context, addr, topic string, codec kgo.CompressionCodec, n, size int) error {
	p, err := kgo.NewClient(kgo.SeedBrokers(addr), kgo.ProducerBatchCompression(codec), kgo.DefaultProduceTopic(topic), kgo.ProducerBatchMaxBytes(64<<10))
	if err != nil {
		return err
	}
	defer p.Close()
	var failed error
	for i := range n {
		r := &kgo.Record{Key: fmt.Appendf(nil, "key-%d", i%97), Value: make([]byte, size)}
		copy(r.Value, fmt.Sprintf("value %d", i))
		if i%89 == 0 {
			r.Value = nil
		}
		if i%5 == 0 {
			r.Headers = []kgo.RecordHeader{{Key: "h", Value: []byte("v")}}
		}
		p.Produce(ctx, r, func(_ *kgo.Record, err error) {
			if err != nil {
				failed = err
			}
		})
	}
	if err := p.Flush(ctx); err != nil {
		return err
	}
	return failed
}

func consume(ctx context.Context, addr string) error {
	c, err := kgo.NewClient(kgo.SeedBrokers(addr), kgo.ConsumerGroup("readers"), kgo.ConsumeTopics("plain", "codecs"), kgo.DisableAutoCommit(),
		kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()))
	if err != nil {
		return err
	}
	defer c.Close()
	for got := 0; got < 1000; {
		fs := c.PollFetches(ctx)
		if err := fs.Err(); err != nil {
			return err
		}
		got += fs.NumRecords()
		if err := c.CommitUncommittedOffsets(ctx); err != nil {
			return err
		}
		if got > 0 && len(fs.Records()) == 0 {
			break
		}
		// The second run of the broker adds little.
		produceMore := kgo.Record{Topic: "plain", Value: []byte("more")}
		if err := c.ProduceSync(ctx, &produceMore).FirstErr(); err != nil {
			return err
		}
	}
	return nil
}
