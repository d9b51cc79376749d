// Package dumptool is kafka-dump-log. It reads files and needs no cluster.
package dumptool

import (
	"errors"
	"strings"

	"github.com/gregorhq/gregor/internal/cli/opt"
	"github.com/gregorhq/gregor/internal/cli/tool"
	"github.com/gregorhq/gregor/internal/dumplog"
)

// Tool is kafka-dump-log.
var Tool = tool.Tool{
	Name: "kafka-dump-log", Noun: "log",
	Summary: "Print the files of a partition's folder.",
	Run:     run,
	Verbs: []tool.Verb{{
		Name: "dump", Aliases: []string{"dump-log"}, Summary: "Print segments, indexes, snapshots and checkpoints of a partition's folder.",
		Operands: []tool.Operand{{Option: "files", Label: "FILE", Many: true, Needed: true}},
		Options: []string{"print-data-log", "deep-iteration", "skip-record-metadata", "offsets-decoder", "transaction-log-decoder",
			"cluster-metadata-decoder", "share-group-state-decoder", "remote-log-metadata-decoder", "key-decoder-class",
			"value-decoder-class", "index-sanity-check", "verify-index-only", "max-bytes", "max-message-size"},
		Examples: []string{
			"log dump data/orders-0/*.log --print-data-log",
			"log dump data/__consumer_offsets-7/00000000000000000000.log --offsets-decoder",
			"log dump data/orders-0/00000000000000000000.index --verify-index-only",
		},
	}},
}

type options struct {
	p *opt.Parser

	files, printData, deep, skipMetadata, verifyOnly, sanityOnly *opt.Spec
	maxMessageSize, maxBytes, keyDecoder, valueDecoder           *opt.Spec
	decoders                                                     map[dumplog.Decoder]*opt.Spec
}

func newOptions() *options {
	p := opt.New("This tool helps to parse a log file and dump its contents to the console, useful for debugging a seemingly corrupt log segment.")
	o := &options{
		p:              p,
		files:          p.String("files", "file1, file2, ...", "REQUIRED: the files, with commas between them."),
		printData:      p.Flag("print-data-log", "Print the records' keys and values. Every decoder option implies it."),
		deep:           p.Flag("deep-iteration", "Print each record, and not only batches. --print-data-log implies it."),
		skipMetadata:   p.Flag("skip-record-metadata", "Print only keys and values, and no control records."),
		verifyOnly:     p.Flag("verify-index-only", "Check an index against its log without printing it."),
		sanityOnly:     p.Flag("index-sanity-check", "Check an index as a broker does at its start, without printing it."),
		maxMessageSize: p.Int("max-message-size", "size", "The largest record in bytes.").Default("5242880"),
		maxBytes:       p.Int("max-bytes", "size", "Stop after that many bytes of batches of each log.").Default("2147483647"),
		keyDecoder:     p.String("key-decoder-class", "", "The decoder of keys: Kafka's String, Integer or Long decoder.").Default(stringDecoder),
		valueDecoder:   p.String("value-decoder-class", "", "The decoder of values: Kafka's String, Integer or Long decoder.").Default(stringDecoder),
	}
	o.keyDecoder.Optional, o.valueDecoder.Optional = true, true
	o.decoders = map[dumplog.Decoder]*opt.Spec{
		dumplog.Offsets:           p.Flag("offsets-decoder", "Decode records of __consumer_offsets."),
		dumplog.Transactions:      p.Flag("transaction-log-decoder", "Decode records of __transaction_state."),
		dumplog.ClusterMetadata:   p.Flag("cluster-metadata-decoder", "Decode records of __cluster_metadata."),
		dumplog.RemoteLogMetadata: p.Flag("remote-log-metadata-decoder", "Decode records of __remote_log_metadata."),
		dumplog.ShareState:        p.Flag("share-group-state-decoder", "Decode records of __share_group_state."),
	}
	return o
}

const stringDecoder = "org.apache.kafka.tools.api.StringDecoder"

func run(e *tool.Env) int {
	o := newOptions()
	set, err := e.Parse(o.p, false)
	if err == nil {
		err = o.p.Require(set, o.files)
	}
	if err == nil {
		err = set.Check(o.maxMessageSize, o.maxBytes, o.keyDecoder, o.valueDecoder)
	}
	if err != nil {
		return e.Refuse(err)
	}
	err = dumplog.Run(o.dump(set), e.Stdout, e.Stderr)
	if errors.Is(err, dumplog.ErrUnknownFile) {
		if e.Native() {
			return 1 // the tool printed which files it ignored; Kafka's tool exits with 0
		}
		return 0
	}
	return e.Fail(err)
}

// dump turns the command line into the options of the library.
func (o *options) dump(set *opt.Set) dumplog.Options {
	d := dumplog.Options{
		PrintData: set.Has(o.printData), Deep: set.Has(o.deep), SkipMetadata: set.Has(o.skipMetadata),
		VerifyOnly: set.Has(o.verifyOnly), SanityOnly: set.Has(o.sanityOnly),
		MaxMessageSize: set.Int(o.maxMessageSize), MaxBytes: set.Int(o.maxBytes),
		KeyDecoder: set.String(o.keyDecoder), ValueDecoder: set.String(o.valueDecoder),
	}
	for _, list := range set.Strings(o.files) {
		d.Files = append(d.Files, strings.Split(strings.TrimRight(list, ","), ",")...)
	}
	for decoder, spec := range o.decoders {
		if set.Has(spec) {
			d.Decoder, d.PrintData = max(d.Decoder, decoder), true
		}
	}
	d.PrintData = d.PrintData || set.Has(o.keyDecoder) || set.Has(o.valueDecoder)
	d.Deep = d.Deep || d.PrintData
	return d
}
