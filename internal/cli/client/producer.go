package client

import (
	"strconv"
	"strings"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/gregorhq/gregor/internal/cli/opt"
	"github.com/gregorhq/gregor/internal/cli/tool"
)

// NewProducer makes a client that writes, by the properties of Java's producer. batch.size and
// send.buffer.bytes have no counterpart in the library and have no effect.
func NewProducer(e *tool.Env, o Options) (*Client, error) {
	own, err := producerOpts(o.Props)
	if err != nil {
		return nil, err
	}
	o.Extra, o.kind = append(own, o.Extra...), producer
	return New(e, o)
}

func producerOpts(p Props) ([]kgo.Opt, error) {
	if err := p.check(producer); err != nil {
		return nil, err
	}
	if err := p.checkTogether(); err != nil {
		return nil, err
	}
	opts := []kgo.Opt{
		kgo.AllowAutoTopicCreation(),
		kgo.ProducerLinger(p.Millis("linger.ms", 5*time.Millisecond)),
		kgo.ProduceRequestTimeout(p.Millis("request.timeout.ms", 30*time.Second)),
		kgo.RecordDeliveryTimeout(max(p.Millis("delivery.timeout.ms", 2*time.Minute), time.Second)),
		kgo.RecordPartitioner(kgo.StickyKeyPartitioner(nil)),
		kgo.ProducerBatchMaxBytes(int32(p.number("max.request.size", 1<<20))),
	}
	opts = append(opts, kgo.ProducerBatchCompression(compression(p["compression.type"])))
	if n := p.number("buffer.memory", 32<<20); n > 0 {
		opts = append(opts, kgo.MaxBufferedBytes(int(n)))
	}
	if n := p.number("metadata.max.age.ms", 0); n > 0 {
		opts = append(opts, kgo.MetadataMaxAge(max(time.Duration(n)*time.Millisecond, time.Second)))
	}
	if id := p["transactional.id"]; id != "" {
		opts = append(opts, kgo.TransactionalID(id), kgo.TransactionTimeout(p.Millis("transaction.timeout.ms", time.Minute)))
	}
	return append(opts, acksOpts(p)...), nil
}

func compression(name string) kgo.CompressionCodec {
	switch name {
	case "gzip":
		return kgo.GzipCompression()
	case "snappy":
		return kgo.SnappyCompression()
	case "lz4":
		return kgo.Lz4Compression()
	case "zstd":
		return kgo.ZstdCompression()
	}
	return kgo.NoCompression()
}

// acksOpts sets acks and idempotence, which needs acks=all.
func acksOpts(p Props) []kgo.Opt {
	off := kgo.DisableIdempotentWrite()
	switch strings.TrimSpace(p["acks"]) {
	case "0":
		return []kgo.Opt{kgo.RequiredAcks(kgo.NoAck()), off}
	case "1":
		return []kgo.Opt{kgo.RequiredAcks(kgo.LeaderAck()), off}
	}
	if strings.EqualFold(p["enable.idempotence"], "false") {
		return []kgo.Opt{kgo.RequiredAcks(kgo.AllISRAcks()), off}
	}
	return []kgo.Opt{kgo.RequiredAcks(kgo.AllISRAcks())}
}

// checkTogether refuses properties that exclude each other, with the texts of Java's producer.
func (p Props) checkTogether() error {
	asked := strings.EqualFold(p["enable.idempotence"], "true")
	off := strings.EqualFold(p["enable.idempotence"], "false")
	all := p["acks"] == "" || p["acks"] == "all" || p["acks"] == "-1"
	linger, request := p.number("linger.ms", 5), p.number("request.timeout.ms", 30_000)
	_, bounded := p["delivery.timeout.ms"]
	switch {
	case asked && p.number("retries", 1) == 0:
		return opt.Errorf("Must set retries to non-zero when using the idempotent producer.")
	case asked && !all:
		return opt.Errorf("Must set acks to all in order to use the idempotent producer. Otherwise we cannot guarantee idempotence.")
	case asked && p.number("max.in.flight.requests.per.connection", 5) > 5:
		return opt.Errorf("Must set max.in.flight.requests.per.connection to at most 5 to use the idempotent producer.")
	case p["transactional.id"] != "" && (off || !all):
		return opt.Errorf("Cannot set a transactional.id without also enabling idempotence.")
	case bounded && p.number("delivery.timeout.ms", 0) < linger+request:
		return opt.Errorf("delivery.timeout.ms should be equal to or larger than linger.ms + request.timeout.ms")
	}
	return nil
}

// number is the value of a property that check has passed, or the default.
func (p Props) number(key string, otherwise int64) int64 {
	n, err := strconv.ParseInt(strings.TrimSpace(p[key]), 10, 64)
	if err != nil {
		return otherwise
	}
	return n
}
