package perf

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/gregorhq/gregor/internal/cli/client"
	"github.com/gregorhq/gregor/internal/cli/opt"
	"github.com/gregorhq/gregor/internal/cli/tool"
)

type producerOptions struct {
	p    *opt.ArgParser
	args *opt.Args

	server, topic, records, size, file, delimiter, monotonic *opt.Arg
	throughput, oldProps, props, oldConfig, config           *opt.Arg
	metrics, transaction, transactionMs, warmup, interval    *opt.Arg

	// What the arguments come to.
	conn     client.Options
	payloads [][]byte
	every    time.Duration // of progress lines
	txnEvery time.Duration // 0 without transactions
}

func newProducerOptions(native bool) *producerOptions {
	p := &opt.ArgParser{Prog: "kafka-producer-perf-test", About: "Measures a producer. A transactional id or --transaction-duration-ms turns transactions on."}
	o := &producerOptions{p: p}
	o.server = p.Add(opt.Arg{Names: []string{"--bootstrap-server"}, Metavar: "BOOTSTRAP-SERVER", Help: "The cluster, HOST:PORT[,HOST:PORT...]. It takes precedence over bootstrap.servers of the properties."})
	o.topic = p.Add(opt.Arg{Names: []string{"--topic"}, Metavar: "TOPIC", Required: true, Help: "The topic to write to."})
	o.records = p.Add(opt.Arg{Names: []string{"--num-records"}, Metavar: "NUM-RECORDS", Number: "Long", Required: true, Help: "How many records to write."})
	o.delimiter = p.Add(opt.Arg{Names: []string{"--payload-delimiter"}, Metavar: "PAYLOAD-DELIMITER", Help: `The separator of the payloads in --payload-file. (default: \n)`})
	o.throughput = p.Add(opt.Arg{Names: []string{"--throughput"}, Metavar: "THROUGHPUT", Number: "Double", Required: !native, Help: "The number of records per second; -1 for as many as possible."})
	o.oldProps = p.Add(opt.Arg{Names: []string{"--producer-props"}, Metavar: "PROP-NAME=PROP-VALUE", Plus: true, Help: "(DEPRECATED) The same as --command-property."})
	o.props = p.Add(opt.Arg{Names: []string{"--command-property"}, Metavar: "PROP-NAME=PROP-VALUE", Plus: true, Help: "Properties of the producer. They take precedence over those of --command-config."})
	o.oldConfig = p.Add(opt.Arg{Names: []string{"--producer.config"}, Metavar: "CONFIG-FILE", Help: "(DEPRECATED) The same as --command-config."})
	o.config = p.Add(opt.Arg{Names: []string{"--command-config"}, Metavar: "CONFIG-FILE", Help: "A file of properties of the producer."})
	o.metrics = p.Add(opt.Arg{Names: []string{"--print-metrics"}, Help: "Print the metrics of the client at the end. (default: false)"})
	o.transaction = p.Add(opt.Arg{Names: []string{"--transactional-id"}, Metavar: "TRANSACTIONAL-ID", Help: "The transactional id. (default: performance-producer- and a random id, with --transaction-duration-ms)"})
	o.transactionMs = p.Add(opt.Arg{Names: []string{"--transaction-duration-ms"}, Metavar: "TRANSACTION-DURATION", Number: "Long", Help: "How long a transaction lasts, in milliseconds. (default: 3000, with a transactional id)"})
	o.warmup = p.Add(opt.Arg{Names: []string{"--warmup-records"}, Metavar: "WARMUP-RECORDS", Number: "Long", Help: "The number of first records that the steady state leaves out. (default: 0)"})
	o.interval = p.Add(opt.Arg{Names: []string{"--reporting-interval"}, Metavar: "INTERVAL-MS", Number: "Long", Help: "Milliseconds between two lines of progress. (default: 5000)"})
	o.size = p.Add(opt.Arg{Names: []string{"--record-size"}, Metavar: "RECORD-SIZE", Number: "Integer", Help: "The size of a record in bytes."})
	o.file = p.Add(opt.Arg{Names: []string{"--payload-file"}, Metavar: "PAYLOAD-FILE", Help: "A file of payloads. Each record has one of them, at random."})
	o.monotonic = p.Add(opt.Arg{Names: []string{"--payload-monotonic"}, Help: "Records are numbers that count up. (default: false)"})
	p.OneOf(true, o.size, o.file, o.monotonic)
	return o
}

// number is an option's argument, or its default.
func (o *producerOptions) number(a *opt.Arg, otherwise int64) int64 {
	if !o.args.Has(a) {
		return otherwise
	}
	n, _ := strconv.ParseInt(o.args.String(a), 10, 64) // checked by Parse
	return n
}

func parseProducer(e *tool.Env) (*producerOptions, error) {
	o := newProducerOptions(e.Native())
	if len(e.Args) == 0 && !e.Native() {
		return nil, o.p.AskHelp()
	}
	var err error
	if o.args, err = e.ParseArgs(o.p); err != nil {
		return nil, err
	}
	if err := o.check(e.Native()); err != nil {
		return nil, err
	}
	if err := o.connection(e); err != nil {
		return nil, err
	}
	o.every = time.Duration(o.number(o.interval, 5000)) * time.Millisecond
	return o, o.readPayloads(e)
}

// check refuses in Kafka's order.
func (o *producerOptions) check(native bool) error {
	a := o.args
	records := o.number(o.records, 0)
	positive := func(x *opt.Arg, text string) error {
		return opt.Worded(o.p.Fail("%s", text), "%s %s: it must be greater than 0", x.Names[0], a.String(x))
	}
	switch {
	case records <= 0:
		return positive(o.records, "--num-records should be greater than zero.")
	case o.number(o.warmup, 0) >= records:
		return opt.Worded(o.p.Fail("The value for --warmup-records must be strictly fewer than the number of records in the test, --num-records."),
			"--warmup-records %s: it must be less than --num-records %d", a.String(o.warmup), records)
	case a.Has(o.size) && o.number(o.size, 0) <= 0:
		return positive(o.size, "--record-size should be greater than zero.")
	case !native && !a.Has(o.server) && !a.Has(o.props) && !a.Has(o.oldProps) && !a.Has(o.oldConfig) && !a.Has(o.config):
		return o.p.Fail("At least one of --bootstrap-server, --command-property, --producer-props, --producer.config or --command-config must be specified.")
	case a.Has(o.props) && a.Has(o.oldProps):
		return o.p.Fail("--command-property and --producer-props cannot be specified together.")
	case a.Has(o.config) && a.Has(o.oldConfig):
		return o.p.Fail("--command-config and --producer.config cannot be specified together.")
	case a.Has(o.transactionMs) && o.number(o.transactionMs, 0) <= 0:
		return positive(o.transactionMs, "--transaction-duration-ms should be greater than zero.")
	case o.number(o.interval, 1) <= 0:
		return positive(o.interval, "--reporting-interval should be greater than zero.")
	}
	return nil
}

const deprecated = "Option %s has been deprecated and will be removed in a future version. Use %s instead."

// connection puts the properties together.
func (o *producerOptions) connection(e *tool.Env) error {
	o.conn = client.Options{Props: client.Props{}, ClientID: "perf-producer-client"}
	pairs, file := o.args.Strings(o.props), o.args.String(o.config)
	if o.args.Has(o.oldProps) {
		e.Warn(deprecated, "--producer-props", "--command-property")
		pairs = o.args.Strings(o.oldProps)
	}
	if o.args.Has(o.oldConfig) {
		e.Warn(deprecated, "--producer.config", "--command-config")
		file = o.args.String(o.oldConfig)
	}
	if file != "" {
		props, err := client.ReadProps(file)
		if err != nil {
			return err
		}
		o.conn.Props = props
	}
	for _, p := range pairs {
		if k, _, ok := strings.Cut(p, "="); !ok || k == "" {
			return opt.Worded(fmt.Errorf("Invalid property: %s", p), "--command-property %s: the form is KEY=VALUE", p)
		}
	}
	o.conn.Props.Merge(client.ParsePairs(pairs))
	if o.conn.Bootstrap = o.args.String(o.server); o.conn.Bootstrap == "" && o.conn.Props["bootstrap.servers"] == "" && e.Native() {
		o.conn.Bootstrap = client.DefaultBootstrap(e)
	}
	if _, is := o.conn.Props["max.block.ms"]; !is && e.Native() {
		o.conn.Props["max.block.ms"] = client.NativeBlock
	}
	if id := o.args.String(o.transaction); id != "" {
		o.conn.Props["transactional.id"] = id
	}
	if o.args.Has(o.transactionMs) && o.conn.Props["transactional.id"] == "" {
		o.conn.Props["transactional.id"] = "performance-producer-" + randomID()
	}
	if o.conn.Props["transactional.id"] != "" {
		o.txnEvery = time.Duration(o.number(o.transactionMs, 3000)) * time.Millisecond
	}
	return nil
}

// readPayloads reads --payload-file.
func (o *producerOptions) readPayloads(e *tool.Env) error {
	if !o.args.Has(o.file) {
		return nil
	}
	path, err := filepath.Abs(o.args.String(o.file))
	if err != nil {
		return err
	}
	e.Print("Reading payloads from: %s\n", path)
	text, err := os.ReadFile(path)
	if err != nil && e.Native() {
		return err
	}
	if err != nil || len(text) == 0 {
		return emptyFile(e, path)
	}
	delimiter := "\n"
	if o.args.Has(o.delimiter) && o.args.String(o.delimiter) != `\n` {
		delimiter = o.args.String(o.delimiter)
	}
	parts := strings.Split(string(text), delimiter)
	for len(parts) > 0 && parts[len(parts)-1] == "" {
		parts = parts[:len(parts)-1]
	}
	for _, p := range parts {
		o.payloads = append(o.payloads, []byte(p))
	}
	e.Print("Number of records read: %d\n", len(o.payloads))
	if len(o.payloads) == 0 {
		return emptyFile(e, path)
	}
	return nil
}

// emptyFile is the error of a file without payloads.
func emptyFile(e *tool.Env, path string) error {
	if e.Native() {
		return &fs.PathError{Op: "--payload-file", Path: path, Err: errors.New("the file has no payloads")}
	}
	return errors.New("File does not exist or empty file provided.")
}
