package producer

import (
	"github.com/gregorhq/gregor/internal/cli/client"
	"github.com/gregorhq/gregor/internal/cli/opt"
	"github.com/gregorhq/gregor/internal/cli/tool"
)

type options struct {
	p       *opt.Parser
	set     *opt.Set
	cluster *client.Flags

	topic, sync, codec, acks, lineReader *opt.Spec
	readerConfig, batchSize, oldBatch    *opt.Spec
	config, property, reader             client.Renamed
	// merged are the options that set a property of the producer. Their defaults count only if the
	// property is not set.
	merged map[string]*opt.Spec
}

// The only reader, by the name of Kafka's class and without its package.
const (
	lineMessageReader = "org.apache.kafka.tools.LineMessageReader"
	shortReader       = "LineMessageReader"
)

func newOptions() *options {
	p := opt.New("This tool helps to read data from standard input and publish it to Kafka.")
	o := &options{
		p: p, cluster: client.AddFlags(p),
		topic:        p.String("topic", "topic", "REQUIRED: the topic to write to."),
		sync:         p.Flag("sync", "Wait for the response to each record before the next is sent."),
		codec:        p.String("compression-codec", "compression-codec", "none, gzip, snappy, lz4 or zstd; gzip without an argument."),
		acks:         p.String("request-required-acks", "request required acks", "0, 1 or all: which replicas must have a record (acks).").Default("-1"),
		lineReader:   p.String("line-reader", "reader_class", "The reader that turns lines into records.").Default(lineMessageReader),
		readerConfig: p.String("reader-config", "config file", "A file of properties of the line reader. --reader-property takes precedence."),
		batchSize:    p.Int("batch-size", "size", "The largest batch in bytes (batch.size).").Default("16384"),
		oldBatch:     p.Int("max-partition-memory-bytes", "memory in bytes per partition", "(Deprecated) The same as --batch-size.").Default("16384"),
		property: client.Renamed{
			New: p.String("command-property", "producer_prop", "A property of the producer, key=value; may be repeated."),
			Old: p.String("producer-property", "producer_prop", "(Deprecated) The same as --command-property."),
		},
		reader: client.Renamed{
			New: p.String("reader-property", "prop", readerHelp),
			Old: p.String("property", "prop", "(Deprecated) The same as --reader-property."),
		},
	}
	o.codec.Optional = true
	o.config = client.Renamed{New: o.cluster.Config, Old: p.String("producer.config", "config file", "(Deprecated) The same as --command-config.")}
	o.merged = map[string]*opt.Spec{
		"acks":                o.acks,
		"linger.ms":           p.Long("timeout", "timeout_ms", "How long the producer waits for more records of a batch (linger.ms).").Default("1000"),
		"request.timeout.ms":  p.Int("request-timeout-ms", "request timeout ms", "How long a request waits for its response (request.timeout.ms).").Default("1500"),
		"retries":             p.Int("message-send-max-retries", "", "No effect: a batch is sent again until delivery.timeout.ms (retries).").Default("3"),
		"retry.backoff.ms":    p.Long("retry-backoff-ms", "", "The time between two tries (retry.backoff.ms).").Default("100"),
		"send.buffer.bytes":   p.Int("socket-buffer-size", "size", "The size of the TCP send buffer (send.buffer.bytes).").Default("102400"),
		"buffer.memory":       p.Long("max-memory-bytes", "total memory in bytes", "The memory for records that are not sent yet (buffer.memory).").Default("33554432"),
		"metadata.max.age.ms": p.Long("metadata-expiry-ms", "metadata expiration interval", "When metadata is fetched again (metadata.max.age.ms).").Default("300000"),
		"max.block.ms":        p.Long("max-block-ms", "max block on send", "How long to wait for the cluster (max.block.ms).").Default("60000"),
	}
	return o
}

const readerHelp = `A property of the line reader, key=value; may be repeated:
parse.key=false
parse.headers=false
ignore.error=false
key.separator=\t
headers.delimiter=\t
headers.separator=,
headers.key.separator=:
null.marker= a field of this text is null
With headers and key a line is
"h1:v1,h2:v2...\tkey\tvalue"`

func parse(e *tool.Env) (*options, error) {
	o := newOptions()
	var err error
	if o.set, err = e.Parse(o.p, true); err != nil {
		return nil, err
	}
	if err := o.p.Require(o.set, o.topic); err != nil {
		return nil, err
	}
	if err := o.set.Check(o.cluster.Bootstrap, o.topic, o.codec, o.lineReader, o.readerConfig); err != nil {
		return nil, err
	}
	server, _ := o.cluster.Server(e, o.set)
	if err := client.ValidateBootstrap(e, o.p, server); err != nil {
		return nil, err
	}
	o.set.Replace(o.cluster.Bootstrap, server)
	for _, err := range []error{
		o.config.Check(e, o.p, o.set, o.config.New, o.config.Old),
		o.property.Check(e, o.p, o.set, o.property.New, o.property.Old),
		o.reader.Check(e, o.p, o.set, o.reader.New, o.reader.Old),
	} {
		if err != nil {
			return nil, err
		}
	}
	if o.set.Has(o.oldBatch) {
		e.Warn("Warning: --max-partition-memory-bytes is deprecated and will be removed in Apache Kafka 5.0. Use --batch-size instead.")
	}
	return o, nil
}

// props are the producer's properties: the file, --command-property over it, and over both the
// tool's own options that are given. The default of an option counts where no property is set.
func (o *options) props(e *tool.Env) (client.Props, error) {
	p, err := o.config.File(o.set)
	if err != nil {
		return nil, err
	}
	p.Merge(client.ParsePairs(o.set.Strings(o.property.Given(o.set))))
	if _, is := p["max.block.ms"]; !is && !o.set.Has(o.merged["max.block.ms"]) && e.Native() {
		p["max.block.ms"] = client.NativeBlock
	}
	if _, is := p["compression.type"]; !is {
		p["compression.type"] = "none" // Kafka's tool writes none over the property, too
	}
	if o.set.Has(o.codec) {
		if p["compression.type"] = o.set.String(o.codec); p["compression.type"] == "" {
			p["compression.type"] = "gzip"
		}
	}
	for key, spec := range o.merged {
		if _, is := p[key]; !o.set.Has(spec) && (is || !client.HasEffect(key)) {
			continue
		}
		if err := o.set.Check(spec); err != nil {
			return nil, err
		}
		p[key] = o.set.String(spec)
	}
	if _, is := p["batch.size"]; !is || o.set.Has(o.batchSize) || o.set.Has(o.oldBatch) {
		p["batch.size"] = o.set.String(o.batchSize)
		if o.set.Has(o.oldBatch) {
			p["batch.size"] = o.set.String(o.oldBatch)
		}
	}
	return p, o.set.Check(o.batchSize, o.oldBatch)
}

// readerProps are the properties of the line reader.
func (o *options) readerProps() (client.Props, error) {
	p := client.Props{}
	if o.set.Has(o.readerConfig) {
		var err error
		if p, err = client.ReadProps(o.set.String(o.readerConfig)); err != nil {
			return nil, err
		}
	}
	return p.Merge(client.ParsePairs(o.set.Strings(o.reader.Given(o.set)))), nil
}
