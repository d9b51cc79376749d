package protocoltest

import (
	"reflect"
	"strconv"
	"strings"

	"github.com/gregorhq/gregor/internal/protocol"
	"github.com/gregorhq/gregor/internal/protocol/clientrecord"
	"github.com/gregorhq/gregor/internal/protocol/controlrecord"
	"github.com/gregorhq/gregor/internal/protocol/grouprecord"
	"github.com/gregorhq/gregor/internal/protocol/logrecord"
	"github.com/gregorhq/gregor/internal/protocol/metadatarecord"
	"github.com/gregorhq/gregor/internal/protocol/raftrecord"
	"github.com/gregorhq/gregor/internal/protocol/remotelogrecord"
	"github.com/gregorhq/gregor/internal/protocol/sharerecord"
	"github.com/gregorhq/gregor/internal/protocol/txnrecord"
)

// All returns one of each message of all packages.
func All() []protocol.Message {
	var all []protocol.Message
	for _, list := range [][]protocol.Message{
		protocol.All(), metadatarecord.All(), grouprecord.All(), txnrecord.All(), sharerecord.All(), remotelogrecord.All(),
		raftrecord.All(), logrecord.All(), clientrecord.All(), controlrecord.All(),
	} {
		all = append(all, list...)
	}
	return all
}

// Fresh returns another message of the same type, with defaults.
func Fresh(m protocol.Message) protocol.Message {
	n := reflect.New(reflect.TypeOf(m).Elem()).Interface().(protocol.Message)
	n.SetDefaults()
	return n
}

// FirstOwnTag is the lowest tag number of gregor's own fields. Apache Kafka's have small numbers,
// and it skips tags that it does not know.
const FirstOwnTag = 10_000

// Field is a struct field with the content of its tag. This parser is separate from the generator's
// on purpose, so that tests do not depend on the code under test.
type Field struct {
	reflect.StructField
	Low, High         int16 // the versions that have the field
	NullLow, NullHigh int16 // the versions in which the field may be null
	TagNumber         int   // -1 when not tagged
}

func versionRange(s string) (low, high int16) {
	a, b, dash := strings.Cut(strings.TrimSuffix(s, "+"), "-")
	l, _ := strconv.Atoi(a)
	h := l
	if dash {
		h, _ = strconv.Atoi(b)
	}
	if strings.HasSuffix(s, "+") {
		h = 32767
	}
	return int16(l), int16(h)
}

// Fields returns the fields of a message, or of a struct inside one, without the blank one.
func Fields(t reflect.Type) []Field {
	var fs []Field
	for i := range t.NumField() {
		if f := t.Field(i); f.Name != "_" {
			fs = append(fs, Parse(f))
		}
	}
	return fs
}

// Parse reads the tag of a field.
func Parse(sf reflect.StructField) Field {
	f := Field{StructField: sf, NullLow: 1, NullHigh: 0, TagNumber: -1}
	for j, opt := range strings.Split(f.StructField.Tag.Get("kafka"), ",") {
		k, v, _ := strings.Cut(opt, "=")
		switch {
		case j == 0:
			f.Low, f.High = versionRange(opt)
		case k == "nullable":
			f.NullLow, f.NullHigh = versionRange(v)
		case k == "tag":
			f.TagNumber, _ = strconv.Atoi(v)
		}
	}
	return f
}
