// Program sarama drives IBM/sarama.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/IBM/sarama"

	"github.com/gregorhq/gregor/test/interop/go/drv"
)

type client struct{ brokers []string }

func main() {
	drv.Main("github.com/IBM/sarama", map[string]string{"codecs": drv.Codecs, "headers": "1", "tombstones": "1", "idempotent": "1"},
		client{[]string{os.Args[len(os.Args)-1]}})
}

func config() *sarama.Config {
	c := sarama.NewConfig()
	c.Version = sarama.MaxVersion
	c.Consumer.Offsets.Initial = sarama.OffsetOldest
	c.Consumer.Offsets.AutoCommit.Enable = false
	c.Consumer.Group.Session.Timeout = 6 * time.Second
	c.Consumer.Group.Heartbeat.Interval = 1500 * time.Millisecond
	c.Consumer.MaxWaitTime = 50 * time.Millisecond // commits wait for a fetch: they share its connection
	return c
}

func (c client) admin(do func(a sarama.ClusterAdmin) error) error {
	a, err := sarama.NewClusterAdmin(c.brokers, config())
	if err != nil {
		return err
	}
	defer a.Close()
	return do(a)
}

func (c client) Create(_ context.Context, topic string, partitions int) error {
	return c.admin(func(a sarama.ClusterAdmin) error {
		return a.CreateTopic(topic, &sarama.TopicDetail{NumPartitions: int32(partitions), ReplicationFactor: 1}, false)
	})
}

func (c client) List(context.Context) (out map[string]int, err error) {
	out = map[string]int{}
	err = c.admin(func(a sarama.ClusterAdmin) error {
		topics, err := a.ListTopics()
		for name, t := range topics {
			out[name] = int(t.NumPartitions)
		}
		return err
	})
	return out, err
}

func (c client) Delete(_ context.Context, topic string) error {
	return c.admin(func(a sarama.ClusterAdmin) error { return a.DeleteTopic(topic) })
}

func (c client) Produce(_ context.Context, topic, codec string, idempotent bool, recs []drv.Rec) error {
	conf := config()
	codecs := map[string]sarama.CompressionCodec{"none": sarama.CompressionNone, "gzip": sarama.CompressionGZIP, "snappy": sarama.CompressionSnappy, "lz4": sarama.CompressionLZ4, "zstd": sarama.CompressionZSTD}
	conf.Producer.Compression = codecs[codec]
	conf.Producer.RequiredAcks = sarama.WaitForAll
	conf.Producer.Return.Successes = true
	conf.Producer.Partitioner = newPartitioner
	if idempotent {
		conf.Producer.Idempotent = true
		conf.Net.MaxOpenRequests = 1
		conf.Producer.Flush.MaxMessages = 7 // several batches per partition
	}
	p, err := sarama.NewSyncProducer(c.brokers, conf)
	if err != nil {
		return err
	}
	defer p.Close()
	var batch []*sarama.ProducerMessage
	for _, r := range recs {
		m := &sarama.ProducerMessage{Topic: topic, Partition: int32(r.Partition)}
		if r.Key != nil {
			m.Key = sarama.ByteEncoder(r.Key)
		}
		if r.Value != nil {
			m.Value = sarama.ByteEncoder(r.Value)
		}
		for _, h := range r.Headers {
			m.Headers = append(m.Headers, sarama.RecordHeader{Key: []byte(h.Key), Value: h.Value})
		}
		batch = append(batch, m)
	}
	return p.SendMessages(batch)
}

type partitioner struct{ sarama.Partitioner }

func newPartitioner(topic string) sarama.Partitioner {
	return partitioner{sarama.NewHashPartitioner(topic)}
}

// Partition uses the message's partition when the message names one.
func (p partitioner) Partition(m *sarama.ProducerMessage, n int32) (int32, error) {
	if m.Partition >= 0 {
		return m.Partition, nil
	}
	return p.Partitioner.Partition(m, n)
}

func rec(m *sarama.ConsumerMessage) drv.Rec {
	r := drv.Rec{Key: m.Key, Value: m.Value, Partition: int(m.Partition), Offset: m.Offset, Timestamp: m.Timestamp.UnixMilli()}
	for _, h := range m.Headers {
		r.Headers = append(r.Headers, drv.Header{Key: string(h.Key), Value: h.Value})
	}
	return r
}

func (c client) Read(ctx context.Context, topic string, count int, at int64, emit func(drv.Rec)) error {
	cl, err := sarama.NewClient(c.brokers, config())
	if err != nil {
		return err
	}
	defer cl.Close()
	consumer, err := sarama.NewConsumerFromClient(cl)
	if err != nil {
		return err
	}
	defer consumer.Close()
	partitions, err := cl.Partitions(topic)
	if err != nil {
		return err
	}
	n := 0
	for _, p := range partitions {
		from, moment := sarama.OffsetOldest, sarama.OffsetOldest
		if at > 0 {
			moment = at
		}
		if from, err = cl.GetOffset(topic, p, moment); err != nil {
			return err
		}
		end, err := cl.GetOffset(topic, p, sarama.OffsetNewest)
		if err != nil {
			return err
		}
		if from < 0 || from >= end {
			continue
		}
		pc, err := consumer.ConsumePartition(topic, p, from)
		if err != nil {
			return err
		}
		for o := from; o < end; {
			select {
			case m := <-pc.Messages():
				emit(rec(m))
				o = m.Offset + 1
				n++
			case <-ctx.Done():
				return fmt.Errorf("%d of %d records: %w", n, count, ctx.Err())
			}
		}
		pc.Close()
	}
	return nil
}

// handler consumes the records of a session, commits each and ends the session after enough
// records.
type handler struct {
	messages chan<- message
}

type message struct {
	*sarama.ConsumerMessage
	done chan struct{}
}

func (h handler) Setup(sarama.ConsumerGroupSession) error   { return nil }
func (h handler) Cleanup(sarama.ConsumerGroupSession) error { return nil }
func (h handler) ConsumeClaim(s sarama.ConsumerGroupSession, claim sarama.ConsumerGroupClaim) error {
	for {
		select {
		case m, ok := <-claim.Messages():
			if !ok {
				return nil
			}
			handed := message{m, make(chan struct{})}
			select {
			case h.messages <- handed:
				<-handed.done
				s.MarkMessage(m, "")
				s.Commit()
			case <-s.Context().Done():
				return nil
			}
		case <-s.Context().Done():
			return nil
		}
	}
}

func (c client) Consume(ctx context.Context, group, topic string, count int, emit func(drv.Rec)) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	n := 0
	err := c.session(ctx, group, topic, func(r drv.Rec) {
		if n < count {
			emit(r)
		}
		if n++; n == count {
			cancel()
		}
	}, func() bool { return n < count })
	if n < count {
		return fmt.Errorf("%d of %d records: %w", n, count, errors.Join(err, ctx.Err()))
	}
	return nil
}

func (c client) Committed(_ context.Context, group, topic string) (out map[int]int64, err error) {
	out = map[int]int64{}
	err = c.admin(func(a sarama.ClusterAdmin) error {
		all, err := a.ListConsumerGroupOffsets(group, nil)
		if err != nil {
			return err
		}
		for p, b := range all.Blocks[topic] {
			out[int(p)] = b.Offset
		}
		return nil
	})
	return out, err
}

func (c client) Reset(_ context.Context, group, topic string) error {
	cl, err := sarama.NewClient(c.brokers, config())
	if err != nil {
		return err
	}
	defer cl.Close()
	manager, err := sarama.NewOffsetManagerFromClient(group, cl)
	if err != nil {
		return err
	}
	defer manager.Close()
	partitions, err := cl.Partitions(topic)
	if err != nil {
		return err
	}
	for _, p := range partitions {
		pm, err := manager.ManagePartition(topic, p)
		if err != nil {
			return err
		}
		pm.ResetOffset(0, "")
		defer pm.AsyncClose()
	}
	manager.Commit()
	return nil
}

func (c client) Member(ctx context.Context, group, topic string, emit func(drv.Rec)) error {
	return c.session(ctx, group, topic, emit, func() bool { return true })
}
