package perf

import (
	"errors"
	"strconv"
	"time"

	"github.com/gregorhq/gregor/internal/cli/client"
	"github.com/gregorhq/gregor/internal/cli/opt"
	"github.com/gregorhq/gregor/internal/cli/tool"
)

type consumerOptions struct {
	p       *opt.Parser
	set     *opt.Set
	cluster *client.Flags

	topic, include, group, fetchSize, fromLatest, socketBuffer *opt.Spec
	config                                                     client.Renamed
	property, metrics, detailed, timeout, oldRecords, records  *opt.Spec
	interval, dates, hideHeader                                *opt.Spec

	conn   client.Options
	format dateFormat
}

func newConsumerOptions() *consumerOptions {
	p := opt.New("This tool is used to verify the consumer performance.")
	o := &consumerOptions{
		p: p, cluster: client.AddFlags(p),
		topic:        p.String("topic", "topic", "The topic to read."),
		include:      p.String("include", "Java regex (String)", "Topics to read, by a regular expression."),
		group:        p.String("group", "gid", "The consumer group to join.").Default(client.RandomGroup("perf-consumer")),
		fetchSize:    p.Int("fetch-size", "size", "The largest number of bytes of a partition in one response.").Default("1048576"),
		fromLatest:   p.Flag("from-latest", "Begin at the end of the log, and not at its start, if the group has no committed offset."),
		socketBuffer: p.Int("socket-buffer-size", "size", "The size of the socket's receive buffer.").Default("2097152"),
		property:     p.String("command-property", "prop1=val1", "A property of the consumer. It takes precedence over --command-config. May be repeated."),
		metrics:      p.Flag("print-metrics", "Print the metrics of the client at the end."),
		detailed:     p.Flag("show-detailed-stats", "Print a line every --reporting-interval."),
		timeout:      p.Long("timeout", "milliseconds", "Stop when no record arrives for this long.").Default("10000"),
		oldRecords:   p.Long("messages", "count", "(DEPRECATED) The same as --num-records."),
		records:      p.Long("num-records", "count", "REQUIRED: How many records to read."),
		interval:     p.Int("reporting-interval", "interval_ms", "Milliseconds between two lines of --show-detailed-stats.").Default("5000"),
		dates:        p.String("date-format", "date format", "The format of times: yyyy year, MM month, dd day, HH hour, mm minute, ss second, SSS millisecond.").Default("yyyy-MM-dd HH:mm:ss:SSS"),
		hideHeader:   p.Flag("hide-header", "Do not print the names of the columns."),
	}
	o.timeout.Optional = true
	o.config = client.Renamed{New: o.cluster.Config, Old: p.String("consumer.config", "config file", "(DEPRECATED) The same as --command-config.")}
	return o
}

func parseConsumer(e *tool.Env) (*consumerOptions, error) {
	o := newConsumerOptions()
	var err error
	if o.set, err = e.Parse(o.p, true); err != nil {
		return nil, err
	}
	server, ok := o.cluster.Server(client.Quiet(e), o.set)
	if !ok {
		return nil, o.p.Require(o.set, o.cluster.Bootstrap)
	}
	if err := o.exclusive(e); err != nil {
		return nil, err
	}
	if !e.Native() && !o.set.Has(o.hideHeader) {
		o.header(e)
	}
	if err := o.set.Check(o.cluster.Bootstrap, o.topic, o.include, o.group, o.fetchSize, o.socketBuffer, o.timeout, o.oldRecords, o.records, o.interval, o.dates); err != nil {
		return nil, err
	}
	if o.set.Int64(o.interval) <= 0 {
		return nil, opt.Worded(errors.New("Reporting interval must be greater than 0."), "--reporting-interval %d: it must be greater than 0", o.set.Int64(o.interval))
	}
	if o.format, err = newDateFormat(o.set.String(o.dates)); err != nil {
		return nil, opt.Worded(err, "--date-format %s: %v", o.set.String(o.dates), err)
	}
	if e.Native() && o.set.Has(o.include) {
		if _, err := client.NewFilter(o.set.String(o.include)); err != nil {
			return nil, err
		}
	}
	if e.Native() && !o.set.Has(o.hideHeader) {
		o.header(e)
	}
	return o, o.connection(e.Native(), server)
}

// header names the columns; Kafka's tool writes it before it looks at the values of options.
func (o *consumerOptions) header(e *tool.Env) {
	from := "start.time, end.time"
	if o.set.Has(o.detailed) {
		from = "time, threadId"
	}
	e.Print("%s, data.consumed.in.MB, MB.sec, data.consumed.in.nMsg, nMsg.sec, rebalance.time.ms, fetch.time.ms, fetch.MB.sec, fetch.nMsg.sec\n", from)
}

// exclusive checks in Kafka's order.
func (o *consumerOptions) exclusive(e *tool.Env) error {
	if err := o.p.ExactlyOne(o.set, o.oldRecords, o.records); err != nil {
		return opt.Worded(err, "%s is missing", o.records.Own()) // no verb has the old option
	}
	if o.set.Has(o.oldRecords) {
		e.Warn("Warning: --messages is deprecated. Use --num-records instead.")
	}
	if err := o.p.ExactlyOne(o.set, o.topic, o.include); err != nil {
		return err
	}
	if err := o.p.Exclude(o.set, o.config.Old, o.config.New); err != nil {
		return err
	}
	if o.set.Has(o.config.Old) {
		e.Warn("Warning: --consumer.config is deprecated. Use --command-config instead.")
	}
	return nil
}

// connection puts the properties together: the file, --command-property over it, and over both the
// options that are given. The default of an option counts where no property is set.
func (o *consumerOptions) connection(native bool, server string) error {
	props, err := o.config.File(o.set)
	if err != nil {
		return err
	}
	if !native {
		// Kafka's own consumer.properties names a group. A second test with it would read nothing.
		delete(props, "group.id")
	}
	props.Merge(client.ParsePairs(o.set.Strings(o.property)))
	reset := "earliest"
	if o.set.Has(o.fromLatest) {
		reset = "latest"
	}
	for _, p := range []struct {
		key   string
		spec  *opt.Spec
		value string
	}{
		{"group.id", o.group, o.set.String(o.group)},
		{"max.partition.fetch.bytes", o.fetchSize, o.set.String(o.fetchSize)},
		{"receive.buffer.bytes", o.socketBuffer, o.set.String(o.socketBuffer)},
		{"auto.offset.reset", o.fromLatest, reset},
	} {
		if _, is := props[p.key]; !is || o.set.Has(p.spec) {
			props[p.key] = p.value
		}
	}
	o.conn = client.Options{Bootstrap: server, Props: props, ClientID: "perf-consumer-client"}
	return nil
}

// wanted is the number of records to read.
func (o *consumerOptions) wanted() int64 {
	if o.set.Has(o.oldRecords) {
		return o.set.Int64(o.oldRecords)
	}
	return o.set.Int64(o.records)
}

// atOnce bounds the records of one poll (max.poll.records).
func (o *consumerOptions) atOnce() int {
	if n, err := strconv.Atoi(o.conn.Props["max.poll.records"]); err == nil && n > 0 {
		return n
	}
	return 500
}

func (o *consumerOptions) patience() time.Duration {
	return time.Duration(o.set.Int64(o.timeout)) * time.Millisecond
}
