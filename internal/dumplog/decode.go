package dumplog

import (
	"encoding/binary"
	"errors"
	"fmt"
	"reflect"
	"strconv"
	"strings"

	"github.com/gregorhq/gregor/internal/protocol"
	"github.com/gregorhq/gregor/internal/protocol/clientrecord"
	"github.com/gregorhq/gregor/internal/protocol/grouprecord"
	"github.com/gregorhq/gregor/internal/protocol/metadatarecord"
	"github.com/gregorhq/gregor/internal/protocol/remotelogrecord"
	"github.com/gregorhq/gregor/internal/protocol/sharerecord"
	"github.com/gregorhq/gregor/internal/protocol/txnrecord"
	"github.com/gregorhq/gregor/record"
)

// contents are a record's key and value as text; nil prints nothing.
type contents struct{ key, value *string }

func some(s string) *string { return &s }

// parser turns a record into text; an error ends the tool.
type parser func(record.Record) (contents, error)

// newParser chooses by the flags.
func newParser(o *Options) (parser, error) {
	switch o.Decoder {
	case Offsets:
		return coordinatorParser{grouprecord.DecodeKey, grouprecord.DecodeValue, groupValue}.parse, nil
	case Transactions:
		return coordinatorParser{txnrecord.DecodeKey, txnrecord.DecodeValue, plainValue}.parse, nil
	case ShareState:
		return coordinatorParser{sharerecord.DecodeKey, sharerecord.DecodeValue, plainValue}.parse, nil
	case ClusterMetadata:
		return framedParser(metadatarecord.Unmarshal, "Error at %d, skipping. %s"), nil
	case RemoteLogMetadata:
		return framedParser(remotelogrecord.Unmarshal, "Error at offset %d, skipping. %s"), nil
	}
	key, err := textDecoder(o.KeyDecoder)
	if err != nil {
		return nil, err
	}
	value, err := textDecoder(o.ValueDecoder)
	if err != nil {
		return nil, err
	}
	return func(r record.Record) (c contents, err error) {
		if r.Key != nil {
			if c.key, err = key(r.Key); err != nil {
				return c, err
			}
		}
		if r.Value != nil {
			c.value, err = value(r.Value)
		}
		return c, err
	}, nil
}

// textDecoder is one of Kafka's own decoder classes.
func textDecoder(class string) (func([]byte) (*string, error), error) {
	short := class[strings.LastIndexByte(class, '.')+1:]
	number := func(size int) func([]byte) (*string, error) {
		return func(b []byte) (*string, error) {
			if len(b) < size {
				return nil, fmt.Errorf("%s needs %d bytes, and the record has %d", short, size, len(b))
			}
			if size == 4 {
				return some(strconv.FormatInt(int64(int32(binary.BigEndian.Uint32(b))), 10)), nil
			}
			return some(strconv.FormatInt(int64(binary.BigEndian.Uint64(b)), 10)), nil
		}
	}
	switch {
	case class == "" || short == "StringDecoder":
		return func(b []byte) (*string, error) { return some(javaString(b)), nil }, nil
	case short == "IntegerDecoder":
		return number(4), nil
	case short == "LongDecoder":
		return number(8), nil
	}
	return nil, fmt.Errorf("Failed to load decoder class %s", class) //nolint:staticcheck // Kafka's text
}

// coordinatorParser reads the records of a coordinator's topic.
type coordinatorParser struct {
	key   func([]byte) (protocol.Message, error)
	value func(typ int16, b []byte) (protocol.Message, error)
	json  func(m protocol.Message, version int16) (string, error)
}

func (p coordinatorParser) parse(r record.Record) (contents, error) {
	if r.Key == nil {
		return contents{}, fmt.Errorf("Failed to decode message at offset %d using the specified decoder (message had a missing key)", r.Offset) //nolint:staticcheck // Kafka's text
	}
	key, err := p.key(r.Key)
	switch {
	case errors.Is(err, protocol.ErrUnknownRecord):
		return contents{key: some(fmt.Sprintf("Unknown record type %d at offset %d, skipping.", int16(binary.BigEndian.Uint16(r.Key)), r.Offset))}, nil
	case err != nil:
		return skipped(r, err), nil
	}
	c := contents{key: some(fmt.Sprintf(`{"type":"%d","data":%s}`, key.APIKey(), toJSON(key, 0))), value: some("<DELETE>")}
	if r.Value == nil {
		return c, nil
	}
	value, err := p.value(key.APIKey(), r.Value)
	if err == nil {
		version := int16(binary.BigEndian.Uint16(r.Value))
		var data string
		if data, err = p.json(value, version); err == nil {
			c.value = some(fmt.Sprintf(`{"version":"%d","data":%s}`, version, data))
		}
	}
	if err != nil {
		return skipped(r, err), nil
	}
	return c, nil
}

func skipped(r record.Record, err error) contents {
	return contents{key: some(fmt.Sprintf("Error at offset %d, skipping. %v", r.Offset, err))}
}

func toJSON(m any, version int16) string {
	return string(appendJSON(nil, reflect.ValueOf(m), int(version)))
}

func plainValue(m protocol.Message, version int16) (string, error) { return toJSON(m, version), nil }

// groupValue opens the blobs of a classic group of consumers: subscriptions and assignments.
func groupValue(m protocol.Message, version int16) (string, error) {
	g, ok := m.(*grouprecord.GroupMetadataValue)
	if !ok || g.ProtocolType != "consumer" {
		return toJSON(m, version), nil
	}
	var failed error
	open := func(b []byte, name string, field reflect.Value) ([]byte, bool) {
		var blob protocol.Message
		switch name {
		case "subscription":
			blob = protocol.New[clientrecord.ConsumerProtocolSubscription]()
		case "assignment":
			blob = protocol.New[clientrecord.ConsumerProtocolAssignment]()
		default:
			return b, false
		}
		v, err := decodeVersioned(blob, field.Bytes())
		if err != nil {
			failed = err
		}
		return append(b, toJSON(blob, v)...), true
	}
	members := func(b []byte, name string, field reflect.Value) ([]byte, bool) {
		if name != "members" {
			return b, false
		}
		b = append(b, '[')
		for i := range field.Len() {
			if i > 0 {
				b = append(b, ',')
			}
			b = appendObject(b, field.Index(i), int(version), open)
		}
		return append(b, ']'), true
	}
	out := appendObject(nil, reflect.ValueOf(g).Elem(), int(version), members)
	return string(out), failed
}

// decodeVersioned reads a blob of the consumer protocol: an int16 version, then the message. A
// newer version is read as the newest one that is known, as Kafka's clients do.
func decodeVersioned(m protocol.Message, b []byte) (int16, error) {
	if len(b) < 2 {
		return 0, fmt.Errorf("a length of the record is outside of its %d bytes", len(b))
	}
	v := min(int16(binary.BigEndian.Uint16(b)), m.MaxVersion())
	if v < 0 {
		return 0, fmt.Errorf("Unsupported version %d", v) //nolint:staticcheck // Kafka's text
	}
	return v, m.Decode(b[2:], v)
}

// framedParser reads metadata records.
func framedParser(unmarshal func([]byte) (protocol.Message, int16, error), failure string) parser {
	return func(r record.Record) (contents, error) {
		m, version, err := unmarshal(r.Value)
		if err == nil {
			return contents{value: some(fmt.Sprintf(`{"type":"%s","version":%d,"data":%s}`, recordType(m), version, toJSON(m, version)))}, nil
		}
		if frame, n := binary.Uvarint(r.Value); n > 0 && frame != 1 {
			err = fmt.Errorf("Could not deserialize metadata record due to unknown frame version %d(only frame version 1 is supported)", int32(frame)) //nolint:staticcheck // Kafka's text
			if frame == 0 {
				err = errors.New("Could not deserialize metadata record with frame version 0. Note that upgrades from the preview release of KRaft in 2.8 to newer versions are not supported.") //nolint:staticcheck // Kafka's text
			}
		}
		return contents{value: some(fmt.Sprintf(failure, r.Offset, err))}, nil
	}
}

// recordType is Kafka's name of a metadata record's type: REGISTER_BROKER_RECORD.
func recordType(m protocol.Message) string {
	var b strings.Builder
	for i, r := range m.MessageName() {
		if i > 0 && r >= 'A' && r <= 'Z' {
			b.WriteByte('_')
		}
		b.WriteRune(r)
	}
	return strings.ToUpper(b.String())
}
