package client

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
)

// ProducerOpts turns the properties of Java's producer into the client's. batch.size and send.buffer.bytes have no
// counterpart and count for nothing; everything else that a producer of the command line needs is there.
func ProducerOpts(p Props) ([]kgo.Opt, error) {
	opts := []kgo.Opt{
		kgo.AllowAutoTopicCreation(),
		kgo.ProducerLinger(p.Millis("linger.ms", 5*time.Millisecond)),
		kgo.ProduceRequestTimeout(p.Millis("request.timeout.ms", 30*time.Second)),
		kgo.RecordDeliveryTimeout(max(p.Millis("delivery.timeout.ms", 2*time.Minute), time.Second)),
		kgo.RecordPartitioner(kgo.StickyKeyPartitioner(nil)),
		kgo.ProducerBatchMaxBytes(int32(p.number("max.request.size", 1<<20))),
	}
	codec, err := compression(p["compression.type"])
	if err != nil {
		return nil, err
	}
	opts = append(opts, kgo.ProducerBatchCompression(codec))
	if n := p.number("buffer.memory", 32<<20); n > 0 {
		opts = append(opts, kgo.MaxBufferedBytes(int(n)))
	}
	if n := p.number("metadata.max.age.ms", 0); n > 0 {
		opts = append(opts, kgo.MetadataMaxAge(max(time.Duration(n)*time.Millisecond, time.Second)))
	}
	if id := p["transactional.id"]; id != "" {
		opts = append(opts, kgo.TransactionalID(id), kgo.TransactionTimeout(p.Millis("transaction.timeout.ms", time.Minute)))
	}
	acks, err := acksOpts(p)
	return append(opts, acks...), err
}

func compression(name string) (kgo.CompressionCodec, error) {
	switch name {
	case "", "none":
		return kgo.NoCompression(), nil
	case "gzip":
		return kgo.GzipCompression(), nil
	case "snappy":
		return kgo.SnappyCompression(), nil
	case "lz4":
		return kgo.Lz4Compression(), nil
	case "zstd":
		return kgo.ZstdCompression(), nil
	}
	return kgo.NoCompression(), fmt.Errorf("Invalid value %s for configuration compression.type: String must be one of: none, gzip, snappy, lz4, zstd", name)
}

// acksOpts sets acks and idempotence, which goes with acks=all only; asked for in so many words with other acks, it is
// refused as Java's producer does.
func acksOpts(p Props) ([]kgo.Opt, error) {
	idempotent := strings.TrimSpace(p["enable.idempotence"])
	off := kgo.DisableIdempotentWrite()
	switch acks := strings.TrimSpace(p["acks"]); acks {
	case "", "all", "-1":
		if idempotent == "false" {
			return []kgo.Opt{kgo.RequiredAcks(kgo.AllISRAcks()), off}, nil
		}
		return []kgo.Opt{kgo.RequiredAcks(kgo.AllISRAcks())}, nil
	case "0", "1":
		if idempotent == "true" {
			return nil, fmt.Errorf("Must set acks to all in order to use the idempotent producer. Otherwise we cannot guarantee idempotence.")
		}
		if acks == "0" {
			return []kgo.Opt{kgo.RequiredAcks(kgo.NoAck()), off}, nil
		}
		return []kgo.Opt{kgo.RequiredAcks(kgo.LeaderAck()), off}, nil
	default:
		return nil, fmt.Errorf("Invalid value %s for configuration acks: String must be one of: all, -1, 0, 1", acks)
	}
}

func (p Props) number(key string, otherwise int64) int64 {
	n, err := strconv.ParseInt(strings.TrimSpace(p[key]), 10, 64)
	if err != nil {
		return otherwise
	}
	return n
}
