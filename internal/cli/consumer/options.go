package consumer

import (
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/gregorhq/gregor/internal/cli/client"
	"github.com/gregorhq/gregor/internal/cli/opt"
	"github.com/gregorhq/gregor/internal/cli/tool"
)

type options struct {
	p       *opt.Parser
	set     *opt.Set
	cluster *client.Flags

	topic, include, whitelist, partition, offset    *opt.Spec
	fromBeginning, maxMessages, timeoutMs, group    *opt.Spec
	isolation, skipOnError, sysEvents               *opt.Spec
	formatter, formatterConfig, keyDeser, valueDese *opt.Spec
	config, property, formatterProp                 client.Renamed

	props  client.Props
	start  int64 // of --offset: a position or one of the two below
	format formatter
}

// Positions of --offset that are words, with Kafka's numbers for them.
const (
	atEnd   = -1
	atStart = -2
)

func newOptions() *options {
	p := opt.New("This tool helps to read data from Kafka topics and outputs it to standard output.")
	o := &options{
		p: p, cluster: client.AddFlags(p),
		topic:         p.String("topic", "topic", "The topic to read."),
		include:       p.String("include", "Java regex (String)", "Topics to read, by a regular expression."),
		whitelist:     p.String("whitelist", "Java regex (String)", "Removed in Kafka 4.0.").Old(),
		partition:     p.Int("partition", "partition", "The partition to read, from its end unless --offset is given."),
		offset:        p.String("offset", "consume offset", "The offset to begin at: a number, earliest or latest.").Default("latest"),
		fromBeginning: p.Flag("from-beginning", "Begin with the earliest record if the group has no committed offset."),
		maxMessages:   p.Int("max-messages", "num_messages", "Stop after this many records."),
		timeoutMs:     p.Long("timeout-ms", "timeout_ms", "Stop when no record arrives for this long."),
		group:         p.String("group", "consumer group id", "The consumer group to join."),
		isolation:     p.String("isolation-level", "", "read_committed or read_uncommitted.").Default("read_uncommitted"),
		skipOnError:   p.Flag("skip-message-on-error", "Continue after a record that cannot be printed."),
		sysEvents:     p.Flag("enable-systest-events", "Print a line when the consumer stops."),
		formatter:     p.String("formatter", "class", "The formatter that prints the records.").Default(defaultFormatter),
		formatterConfig: p.String("formatter-config", "config file",
			"A file of properties of the formatter. --formatter-property takes precedence."),
		keyDeser:  p.String("key-deserializer", "deserializer for keys", "The deserializer that turns keys into text."),
		valueDese: p.String("value-deserializer", "deserializer for values", "The deserializer that turns values into text."),
		property: client.Renamed{
			New: p.String("command-property", "consumer_prop", "A property of the consumer, key=value; may be repeated."),
			Old: p.String("consumer-property", "consumer_prop", "(Deprecated) The same as --command-property."),
		},
		formatterProp: client.Renamed{
			New: p.String("formatter-property", "prop", formatterHelp),
			Old: p.String("property", "prop", "(Deprecated) The same as --formatter-property."),
		},
	}
	o.config = client.Renamed{New: o.cluster.Config, Old: p.String("consumer.config", "config file", "(Deprecated) The same as --command-config.")}
	return o
}

const formatterHelp = `A property of the formatter, key=value; may be repeated:
print.timestamp=true|false
print.key=true|false
print.offset=true|false
print.epoch=true|false
print.partition=true|false
print.headers=true|false
print.value=true|false
key.separator=\t
line.separator=\n
headers.separator=,
null.literal=null
key.deserializer=
value.deserializer=
headers.deserializer=`

func parse(e *tool.Env) (*options, error) {
	o := newOptions()
	var err error
	if o.set, err = e.Parse(o.p, true); err != nil {
		return nil, err
	}
	if o.set.Has(o.whitelist) {
		e.Warn("WARNING: --whitelist was removed from Kafka; type --include '%s'", o.set.String(o.whitelist))
		o.set.Replace(o.include, o.set.String(o.whitelist))
	}
	if err := o.check(e); err != nil {
		return nil, err
	}
	if err := o.consumerProps(e); err != nil {
		return nil, err
	}
	if o.start, err = o.parseOffset(); err != nil {
		return nil, err
	}
	if err := o.set.Check(o.timeoutMs, o.maxMessages); err != nil {
		return nil, err
	}
	o.format, err = o.buildFormatter(e)
	return o, err
}

func (o *options) check(e *tool.Env) error {
	s := o.set
	if err := s.Check(o.cluster.Bootstrap, o.topic, o.include, o.partition, o.group, o.formatter, o.formatterConfig, o.isolation, o.keyDeser, o.valueDese); err != nil {
		return err
	}
	if err := o.p.ExactlyOne(s, o.topic, o.include); err != nil {
		return err
	}
	if e.Native() && s.Has(o.include) {
		if _, err := client.NewFilter(s.String(o.include)); err != nil {
			return err
		}
	}
	switch {
	case s.Has(o.partition) && !s.Has(o.topic):
		return opt.Worded(o.p.Usage("The topic is required when partition is specified."), "--partition needs a TOPIC, it cannot be used with --include")
	case s.Has(o.partition) && s.Has(o.fromBeginning) && s.Has(o.offset):
		return opt.Worded(o.p.Usage("Options from-beginning and offset cannot be specified together."), "--from-beginning and --offset cannot be used together")
	case !s.Has(o.partition) && s.Has(o.offset):
		return opt.Worded(o.p.Usage("The partition is required when offset is specified."), "--offset needs --partition")
	}
	server, ok := o.cluster.Server(e, s)
	if !ok {
		return o.p.Require(s, o.cluster.Bootstrap)
	}
	s.Replace(o.cluster.Bootstrap, server)
	for _, err := range []error{
		o.property.Check(e, o.p, s, o.property.Old, o.property.New),
		o.config.Check(e, o.p, s, o.config.Old, o.config.New),
		o.formatterProp.Check(e, o.p, s, o.formatterProp.Old, o.formatterProp.New),
	} {
		if err != nil {
			return err
		}
	}
	return nil
}

// consumerProps lays --command-property over the file, and over both what the tool's own options
// say.
func (o *options) consumerProps(e *tool.Env) error {
	file, err := o.config.File(o.set)
	if err != nil {
		return err
	}
	extra := client.ParsePairs(o.set.Strings(o.property.Given(o.set)))
	groups := map[string]bool{}
	for _, v := range []string{o.set.String(o.group), file["group.id"], extra["group.id"]} {
		if v != "" {
			groups[v] = true
		}
	}
	if len(groups) > 1 {
		ids := slices.Sorted(maps.Keys(groups))
		return opt.Worded(o.p.Usage("The group ids provided in different places (directly using '--group', via '--consumer-property', or via '--consumer.config') do not match. Detected group ids: '%s'", strings.Join(ids, "', '")),
			"--group, and group.id of --command-property and --command-config, name different groups: %s", strings.Join(ids, ", "))
	}
	if len(groups) > 0 && o.set.Has(o.partition) {
		return opt.Worded(o.p.Usage("Options group and partition cannot be specified together."), "--partition and a group (--group or group.id) cannot be used together")
	}
	o.props = file.Merge(extra)
	if reset, is := o.props["auto.offset.reset"]; is && o.set.Has(o.fromBeginning) && reset != "earliest" {
		e.Warn("Can't simultaneously specify --from-beginning and 'auto.offset.reset=%s', please remove one option", reset)
		return tool.Exit(1)
	} else if !is {
		o.props["auto.offset.reset"] = "latest"
		if o.set.Has(o.fromBeginning) {
			o.props["auto.offset.reset"] = "earliest"
		}
	}
	if _, is := o.props["isolation.level"]; !is || o.set.Has(o.isolation) {
		o.props["isolation.level"] = o.set.String(o.isolation)
	}
	for g := range groups {
		o.props["group.id"] = g
	}
	if len(groups) == 0 {
		o.props["group.id"] = client.RandomGroup("console-consumer")
		if _, is := o.props["enable.auto.commit"]; !is {
			o.props["enable.auto.commit"] = "false" // no consumer uses the random group again
		}
	}
	return nil
}

func (o *options) parseOffset() (int64, error) {
	if !o.set.Has(o.offset) {
		if o.set.Has(o.fromBeginning) {
			return atStart, nil
		}
		return atEnd, nil
	}
	if err := o.set.Check(o.offset); err != nil {
		return 0, err
	}
	text := o.set.String(o.offset)
	switch strings.ToLower(text) {
	case "earliest":
		return atStart, nil
	case "latest":
		return atEnd, nil
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || n < 0 {
		return 0, opt.Worded(o.p.Usage("The provided offset value '%s' is incorrect. Valid values are 'earliest', 'latest', or a non-negative long.", text),
			"--offset %s: the value is earliest, latest, or a number of 0 or more", text)
	}
	return n, nil
}

// patience bounds the wait for a record.
func (o *options) patience() time.Duration {
	ms := o.set.Int64(o.timeoutMs)
	if !o.set.Has(o.timeoutMs) || ms < 0 || ms > math.MaxInt64/int64(time.Millisecond) {
		return math.MaxInt64
	}
	return time.Duration(ms) * time.Millisecond
}

func (o *options) buildFormatter(e *tool.Env) (formatter, error) {
	p := client.Props{}
	if o.set.Has(o.formatterConfig) {
		var err error
		if p, err = client.ReadProps(o.set.String(o.formatterConfig)); err != nil && e.Native() {
			return nil, fmt.Errorf("--formatter-config: %w", err)
		} else if err != nil {
			return nil, o.p.Usage("%s", err)
		}
	}
	if v := o.set.String(o.keyDeser); v != "" {
		p["key.deserializer"] = v
	}
	if v := o.set.String(o.valueDese); v != "" {
		p["value.deserializer"] = v
	}
	p.Merge(client.ParsePairs(o.set.Strings(o.formatterProp.Given(o.set))))
	f, err := newFormatter(e, o.set.String(o.formatter), p)
	if err != nil && e.Native() {
		return nil, o.p.Usage("--formatter %s: the formatters are %s", err, strings.Join(formatters, ", "))
	}
	if err != nil {
		return nil, o.p.Usage("%s", err)
	}
	return f, nil
}

var errStdout = errors.New("Unable to write to standard out, closing consumer.")

// processed is the last line of every run.
func processed(e *tool.Env, n int) { e.Warn("Processed a total of %s messages", fmt.Sprint(n)) }
