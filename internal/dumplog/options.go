package dumplog

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// options are the flags of the tool.
type options struct {
	files                            []string
	printData, deep, skipMetadata    bool
	verifyOnly, sanityOnly           bool
	help, version                    bool
	maxMessageSize, maxBytes         int
	decoder                          decoder
	keyDecoderClass, valueDecoderCls string
	hasFiles                         bool
}

// decoder says how keys and values are printed, in the order in which Kafka prefers them.
type decoder int

const (
	decodeStrings decoder = iota
	decodeShareState
	decodeRemoteLog
	decodeMetadata
	decodeTransactions
	decodeOffsets
)

// Kinds of flags.
const (
	flagBool     = iota
	flagRequired // needs a value
	flagOptional // takes one if the next argument is no flag
)

var flagKinds = map[string]int{
	"print-data-log": flagBool, "verify-index-only": flagBool, "index-sanity-check": flagBool, "deep-iteration": flagBool,
	"offsets-decoder": flagBool, "transaction-log-decoder": flagBool, "cluster-metadata-decoder": flagBool,
	"remote-log-metadata-decoder": flagBool, "share-group-state-decoder": flagBool, "skip-record-metadata": flagBool,
	"help": flagBool, "version": flagBool, "files": flagRequired, "max-message-size": flagRequired, "max-bytes": flagRequired,
	"key-decoder-class": flagOptional, "value-decoder-class": flagOptional,
}

// parseOptions reads flags the way joptsimple does: --name value, --name=value, one dash or two. Other arguments are
// ignored, as Kafka ignores them.
func parseOptions(args []string) (*options, error) {
	o := &options{maxMessageSize: 5 << 20, maxBytes: math.MaxInt32}
	for i := 0; i < len(args); i++ {
		if args[i] == "--" {
			break
		}
		text := strings.TrimPrefix(strings.TrimPrefix(args[i], "-"), "-")
		if text == args[i] || text == "" {
			continue
		}
		name, value, hasValue := strings.Cut(text, "=")
		kind, known := flagKinds[name]
		switch {
		case !known:
			return nil, fmt.Errorf("%s is not a recognized option", name)
		case kind == flagBool && hasValue:
			return nil, fmt.Errorf("Option %s does not allow an argument", name) //nolint:staticcheck // joptsimple's text
		case kind != flagBool && !hasValue && i+1 < len(args) && (kind == flagRequired || !strings.HasPrefix(args[i+1], "-")):
			i++
			value = args[i]
		case kind == flagRequired && !hasValue:
			return nil, fmt.Errorf("Option %s requires an argument", name) //nolint:staticcheck // joptsimple's text
		}
		if err := o.set(name, value); err != nil {
			return nil, err
		}
	}
	o.deep = o.deep || o.printData
	return o, nil
}

func (o *options) set(name, value string) (err error) {
	use := func(d decoder) {
		o.printData = true
		o.decoder = max(o.decoder, d)
	}
	switch name {
	case "print-data-log":
		o.printData = true
	case "verify-index-only":
		o.verifyOnly = true
	case "index-sanity-check":
		o.sanityOnly = true
	case "deep-iteration":
		o.deep = true
	case "skip-record-metadata":
		o.skipMetadata = true
	case "help":
		o.help = true
	case "version":
		o.version = true
	case "offsets-decoder":
		use(decodeOffsets)
	case "transaction-log-decoder":
		use(decodeTransactions)
	case "cluster-metadata-decoder":
		use(decodeMetadata)
	case "remote-log-metadata-decoder":
		use(decodeRemoteLog)
	case "share-group-state-decoder":
		use(decodeShareState)
	case "key-decoder-class":
		use(decodeStrings)
		o.keyDecoderClass = value
	case "value-decoder-class":
		use(decodeStrings)
		o.valueDecoderCls = value
	case "files":
		o.hasFiles = true
		o.files = append(o.files, splitFiles(value)...)
	case "max-message-size":
		o.maxMessageSize, err = parseInt(name, value)
	case "max-bytes":
		o.maxBytes, err = parseInt(name, value)
	}
	return err
}

// splitFiles cuts at commas like Java's String.split, which drops empty texts at the end.
func splitFiles(s string) []string {
	return strings.Split(strings.TrimRight(s, ","), ",")
}

func parseInt(name, value string) (int, error) {
	n, err := strconv.ParseInt(value, 10, 32)
	if err != nil {
		return 0, fmt.Errorf("Cannot parse argument '%s' of option %s", value, name) //nolint:staticcheck // joptsimple's text
	}
	return int(n), nil
}
