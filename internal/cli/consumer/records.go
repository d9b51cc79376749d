package consumer

import (
	"bufio"
	"encoding/binary"
	"errors"
	"strconv"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/gregorhq/gregor/internal/cli/msgjson"
	"github.com/gregorhq/gregor/internal/protocol"
	"github.com/gregorhq/gregor/internal/protocol/grouprecord"
	"github.com/gregorhq/gregor/internal/protocol/txnrecord"
)

// Key types of __consumer_offsets: commits of two generations of the key, and classic groups.
const (
	oldOffsetKey    = 0
	offsetKey       = 1
	groupKey        = 2
	transactionKey  = 0
	recordTypeBytes = 2
)

func offsetKeys(typ int16) bool      { return typ == oldOffsetKey || typ == offsetKey }
func groupKeys(typ int16) bool       { return typ == groupKey }
func transactionKeys(typ int16) bool { return typ == transactionKey }

// recordFormatter prints the records of a coordinator as JSON, one object after the other without a
// line feed, as Kafka's tool does. Records of other types than its own are left out.
type recordFormatter struct {
	keys         func(typ int16) bool
	transactions bool
}

var errShortRecord = errors.New("the record is no coordinator's: key or value is too short")

func (f *recordFormatter) write(w *bufio.Writer, r *kgo.Record) error {
	b := []byte(`{"key":`)
	typ := int16(-1)
	if r.Key == nil {
		b = append(b, "null"...)
	} else {
		if len(r.Key) < recordTypeBytes {
			return errShortRecord
		}
		if typ = int16(binary.BigEndian.Uint16(r.Key)); !f.keys(typ) {
			return nil
		}
		key, err := f.decodeKey(r.Key)
		if err != nil {
			return err
		}
		b = append(b, `{"type":`...)
		b = strconv.AppendInt(b, int64(typ), 10)
		b = append(msgjson.Append(append(b, `,"data":`...), key, 0), '}')
	}
	b = append(b, `,"value":`...)
	if r.Value == nil {
		b = append(b, "null"...)
	} else {
		if len(r.Value) < recordTypeBytes {
			return errShortRecord
		}
		value, err := f.decodeValue(typ, r.Value)
		if err != nil {
			return err
		}
		version := int16(binary.BigEndian.Uint16(r.Value))
		b = append(b, `{"version":`...)
		b = strconv.AppendInt(b, int64(version), 10)
		b = append(msgjson.Append(append(b, `,"data":`...), value, version), '}')
	}
	_, err := w.Write(append(b, '}'))
	return err
}

func (f *recordFormatter) decodeKey(b []byte) (protocol.Message, error) {
	if f.transactions {
		return txnrecord.DecodeKey(b)
	}
	return grouprecord.DecodeKey(b)
}

func (f *recordFormatter) decodeValue(typ int16, b []byte) (protocol.Message, error) {
	if f.transactions {
		return txnrecord.DecodeValue(typ, b)
	}
	return grouprecord.DecodeValue(typ, b)
}
