package consumer

import (
	"bufio"
	"errors"
	"fmt"
	"strings"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/gregorhq/gregor/internal/cli/client"
	"github.com/gregorhq/gregor/internal/cli/tool"
)

// formatter prints a record.
type formatter interface {
	write(w *bufio.Writer, r *kgo.Record) error
}

// formatters are the names of all formatters.
var formatters = []string{
	"DefaultMessageFormatter", "LoggingMessageFormatter", "NoOpMessageFormatter", "OffsetsMessageFormatter",
	"GroupMetadataMessageFormatter", "TransactionLogMessageFormatter",
}

const defaultFormatter = "org.apache.kafka.tools.consumer.DefaultMessageFormatter"

// newFormatter finds a formatter by the name of Kafka's class, with or without its package.
func newFormatter(e *tool.Env, class string, p client.Props) (formatter, error) {
	short := class[strings.LastIndexByte(class, '.')+1:]
	if strings.Contains(class, ".") && !strings.HasPrefix(class, "org.apache.kafka.tools.consumer.") && !strings.HasPrefix(class, "kafka.tools.") && !strings.HasPrefix(class, "kafka.coordinator.") {
		return nil, errors.New(class)
	}
	switch short {
	case "DefaultMessageFormatter", "LoggingMessageFormatter":
		p.WarnMistyped(e, textFlags, textOthers...)
		return newTextFormatter(e, p), nil
	case "NoOpMessageFormatter":
		return nothing{}, nil
	case "OffsetsMessageFormatter", "GroupMetadataManager$OffsetsMessageFormatter":
		return &recordFormatter{keys: offsetKeys}, nil
	case "GroupMetadataMessageFormatter", "GroupMetadataManager$GroupMetadataMessageFormatter":
		return &recordFormatter{keys: groupKeys}, nil
	case "TransactionLogMessageFormatter", "TransactionLog$TransactionLogMessageFormatter":
		return &recordFormatter{keys: transactionKeys, transactions: true}, nil
	}
	return nil, errors.New(class)
}

type nothing struct{}

func (nothing) write(*bufio.Writer, *kgo.Record) error { return nil }

// textFormatter prints chosen fields with separators.
type textFormatter struct {
	timestamp, partition, offset, epoch, headers, key, value, delivery bool

	keySep, lineSep, headersSep, null string
	ofKey, ofValue, ofHeaders         deserializer
}

// Properties of a textFormatter. The values of textFlags are true and false.
var (
	textFlags  = []string{"print.timestamp", "print.partition", "print.offset", "print.epoch", "print.headers", "print.key", "print.value", "print.delivery"}
	textOthers = []string{"key.separator", "line.separator", "headers.separator", "null.literal", "key.deserializer", "value.deserializer", "headers.deserializer"}
)

func newTextFormatter(e *tool.Env, p client.Props) *textFormatter {
	yes := func(key string, otherwise bool) bool {
		if v, ok := p[key]; ok {
			return strings.EqualFold(strings.TrimSpace(v), "true")
		}
		return otherwise
	}
	text := func(key, otherwise string) string {
		if v, ok := p[key]; ok {
			return v
		}
		return otherwise
	}
	return &textFormatter{
		timestamp: yes("print.timestamp", false), partition: yes("print.partition", false), offset: yes("print.offset", false),
		epoch: yes("print.epoch", false), headers: yes("print.headers", false), key: yes("print.key", false),
		value: yes("print.value", true), delivery: yes("print.delivery", false),
		keySep: text("key.separator", "\t"), lineSep: text("line.separator", "\n"), headersSep: text("headers.separator", ","), null: text("null.literal", "null"),
		ofKey: findDeserializer(e, p["key.deserializer"]), ofValue: findDeserializer(e, p["value.deserializer"]), ofHeaders: findDeserializer(e, p["headers.deserializer"]),
	}
}

func (f *textFormatter) write(w *bufio.Writer, r *kgo.Record) error {
	var columns []func() error
	column := func(on bool, write func() error) {
		if on {
			columns = append(columns, write)
		}
	}
	text := func(format string, args ...any) func() error {
		return func() error { _, err := fmt.Fprintf(w, format, args...); return err }
	}
	column(f.timestamp, text("%s:%d", timestampType(r), r.Timestamp.UnixMilli()))
	column(f.partition, text("Partition:%d", r.Partition))
	column(f.offset, text("Offset:%d", r.Offset))
	column(f.delivery, text("Delivery:NOT_PRESENT"))
	column(f.epoch, text("Epoch:%d", r.LeaderEpoch))
	column(f.headers, func() error { return f.writeHeaders(w, r) })
	column(f.key, func() error { return f.field(w, f.ofKey, r.Key) })
	column(f.value, func() error { return f.field(w, f.ofValue, r.Value) })
	for i, write := range columns {
		if err := write(); err != nil {
			return err
		}
		sep := f.keySep
		if i == len(columns)-1 {
			sep = f.lineSep
		}
		if _, err := w.WriteString(sep); err != nil {
			return errStdout
		}
	}
	return nil
}

func timestampType(r *kgo.Record) string {
	if r.Attrs.TimestampType() == 1 {
		return "LogAppendTime"
	}
	return "CreateTime"
}

func (f *textFormatter) writeHeaders(w *bufio.Writer, r *kgo.Record) error {
	if len(r.Headers) == 0 {
		_, err := w.WriteString("NO_HEADERS")
		return err
	}
	for i, h := range r.Headers {
		if i > 0 {
			if _, err := w.WriteString(f.headersSep); err != nil {
				return err
			}
		}
		if _, err := w.WriteString(h.Key + ":"); err != nil {
			return err
		}
		if err := f.field(w, f.ofHeaders, h.Value); err != nil {
			return err
		}
	}
	return nil
}

// field prints bytes, or null.literal for null. The deserializer is applied to null.literal too, as
// in Kafka.
func (f *textFormatter) field(w *bufio.Writer, d deserializer, b []byte) error {
	if b == nil {
		b = []byte(f.null)
	}
	if d == nil {
		_, err := w.Write(b)
		return err
	}
	text, err := d(b)
	if err != nil {
		return err
	}
	_, err = w.WriteString(text)
	return err
}
