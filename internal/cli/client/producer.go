package client

import (
	"strconv"
	"strings"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/gregorhq/gregor/internal/cli/opt"
	"github.com/gregorhq/gregor/internal/cli/tool"
)

// newProducer makes a client that writes, by the properties of Java's producer except batch.size.
func newProducer(e *tool.Env, o Options) (*Client, error) {
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
	}
	opts = append(opts, kgo.ProducerBatchCompression(p.compression()))
	if n := p.number("buffer.memory", defaultMemory); n > 0 {
		opts = append(opts, kgo.MaxBufferedBytes(int(n)))
	}
	if id := p["transactional.id"]; id != "" {
		opts = append(opts, kgo.TransactionalID(id), kgo.TransactionTimeout(p.Millis("transaction.timeout.ms", time.Minute)))
	}
	return append(opts, acksOpts(p)...), nil
}

// compression is the codec with its level.
func (p Props) compression() kgo.CompressionCodec {
	switch p["compression.type"] {
	case "gzip":
		return kgo.GzipCompression().WithLevel(int(p.number("compression.gzip.level", -1)))
	case "snappy":
		return kgo.SnappyCompression()
	case "lz4":
		if n := p.number("compression.lz4.level", fastLZ4); n != fastLZ4 {
			return kgo.Lz4Compression().WithLevel(1 << (8 + min(n, 9))) // the library's levels 1 to 9
		}
		return kgo.Lz4Compression()
	case "zstd":
		// The library has four levels.
		n, level := p.number("compression.zstd.level", 3), 1
		for _, least := range []int64{3, 6, 10} {
			if n >= least {
				level++
			}
		}
		return kgo.ZstdCompression().WithLevel(level)
	}
	return kgo.NoCompression()
}

// fastLZ4 is the default level of lz4 in Java's producer.
const fastLZ4 = 9

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
