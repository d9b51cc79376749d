package dumplog

import (
	"encoding/base64"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"sync"
	"unicode"

	"github.com/gregorhq/gregor/internal/protocol/wire"
)

// jsonField is one field of a message as Kafka's generated JSON converters treat it.
type jsonField struct {
	index  int
	name   string
	lo, hi int // versions that have the field
	tagged bool
}

var jsonFields sync.Map // reflect.Type -> []jsonField

// fieldsOf reads the schema out of the struct's tags, in the order of declaration.
func fieldsOf(t reflect.Type) []jsonField {
	if known, ok := jsonFields.Load(t); ok {
		return known.([]jsonField)
	}
	var out []jsonField
	for i := range t.NumField() {
		f := t.Field(i)
		tag := f.Tag.Get("kafka")
		if f.Name == "_" || tag == "" {
			continue
		}
		versions, rest, _ := strings.Cut(tag, ",")
		j := jsonField{index: i, name: jsonName(f.Name)}
		j.lo, j.hi = versionRange(versions)
		for opt := range strings.SplitSeq(rest, ",") {
			if strings.HasPrefix(opt, "default=") {
				break // the last option: its text may hold commas
			}
			j.tagged = j.tagged || strings.HasPrefix(opt, "tag=")
		}
		out = append(out, j)
	}
	if order := jsonOrder[t.Name()]; order != nil {
		slices.SortStableFunc(out, func(a, b jsonField) int { return slices.Index(order, a.name) - slices.Index(order, b.name) })
	}
	jsonFields.Store(t, out)
	return out
}

// jsonOrder names the fields of messages that Kafka declares in another order than that of the
// wire, which has tagged fields last.
var jsonOrder = map[string][]string{
	"PartitionChangeRecord": {"partitionId", "topicId", "isr", "leader", "replicas", "removingReplicas", "addingReplicas",
		"leaderRecoveryState", "directories", "eligibleLeaderReplicas", "lastKnownElr"},
	"PartitionRecord": {"partitionId", "topicId", "replicas", "isr", "removingReplicas", "addingReplicas", "leader",
		"leaderRecoveryState", "leaderEpoch", "partitionEpoch", "directories", "eligibleLeaderReplicas", "lastKnownElr"},
	"ShareSnapshotValue": {"snapshotEpoch", "stateEpoch", "leaderEpoch", "startOffset", "deliveryCompleteCount",
		"createTimestamp", "writeTimestamp", "stateBatches"},
	"ShareUpdateValue": {"snapshotEpoch", "leaderEpoch", "startOffset", "deliveryCompleteCount", "stateBatches"},
	"TransactionLogValue": {"producerId", "previousProducerId", "nextProducerId", "producerEpoch", "nextProducerEpoch",
		"transactionTimeoutMs", "transactionStatus", "transactionPartitions", "transactionLastUpdateTimestampMs",
		"transactionStartTimestampMs", "clientTransactionVersion"},
}

// jsonNames are Kafka's names that follow no rule.
var jsonNames = map[string]string{"KraftVersion": "kRaftVersion", "KraftVersionFeature": "kRaftVersionFeature"}

func versionRange(s string) (lo, hi int) {
	if open, ok := strings.CutSuffix(s, "+"); ok {
		lo, _ = strconv.Atoi(open)
		return lo, 1 << 15
	}
	a, b, ok := strings.Cut(s, "-")
	if !ok {
		b = a
	}
	lo, _ = strconv.Atoi(a)
	hi, _ = strconv.Atoi(b)
	return lo, hi
}

// jsonName makes Kafka's name of a Go name: "LastKnownELR" is lastKnownElr, "PartitionIDs" is
// partitionIds.
func jsonName(name string) string {
	if special, ok := jsonNames[name]; ok {
		return special
	}
	var b strings.Builder
	runes := []rune(name)
	for i, r := range runes {
		if !unicode.IsUpper(r) {
			b.WriteRune(r)
			continue
		}
		// A capital begins a word if a small letter stands before it, or if it ends a run of
		// capitals and is followed by more than the s of a plural.
		begins := i > 0 && !unicode.IsUpper(runes[i-1]) ||
			i > 0 && i+1 < len(runes) && unicode.IsLower(runes[i+1]) && !isPlural(runes[i+1:])
		if begins {
			b.WriteRune(r)
		} else {
			b.WriteRune(unicode.ToLower(r))
		}
	}
	return b.String()
}

func isPlural(rest []rune) bool {
	return rest[0] == 's' && (len(rest) == 1 || unicode.IsUpper(rest[1]))
}

// appendJSON writes a value as Jackson prints what the generated converters make of it: fields that
// the version lacks are left out, and so are tagged fields that have their default.
func appendJSON(b []byte, v reflect.Value, version int) []byte {
	if id, ok := v.Interface().(wire.UUID); ok {
		return append(append(append(b, '"'), id.String()...), '"')
	}
	switch v.Kind() {
	case reflect.Pointer:
		if v.IsNil() {
			return append(b, "null"...)
		}
		return appendJSON(b, v.Elem(), version)
	case reflect.Bool:
		return strconv.AppendBool(b, v.Bool())
	case reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return strconv.AppendInt(b, v.Int(), 10)
	case reflect.Uint8, reflect.Uint16, reflect.Uint32:
		return strconv.AppendUint(b, v.Uint(), 10)
	case reflect.Float64:
		return append(b, jsonDouble(v.Float())...)
	case reflect.String:
		return appendText(b, v.String())
	case reflect.Slice:
		return appendArray(b, v, version)
	case reflect.Struct:
		return appendObject(b, v, version, nil)
	}
	panic(fmt.Sprintf("dumplog: a message has a field of type %v", v.Type()))
}

func appendArray(b []byte, v reflect.Value, version int) []byte {
	if v.IsNil() {
		return append(b, "null"...)
	}
	if v.Type().Elem().Kind() == reflect.Uint8 {
		b = append(b, '"')
		b = base64.StdEncoding.AppendEncode(b, v.Bytes())
		return append(b, '"')
	}
	b = append(b, '[')
	for i := range v.Len() {
		if i > 0 {
			b = append(b, ',')
		}
		b = appendJSON(b, v.Index(i), version)
	}
	return append(b, ']')
}

// appendObject writes a struct; replace, if set, may write a field in its own way.
func appendObject(b []byte, v reflect.Value, version int, replace func(b []byte, name string, field reflect.Value) ([]byte, bool)) []byte {
	defaults := reflect.New(v.Type())
	if d, ok := defaults.Interface().(interface{ SetDefaults() }); ok {
		d.SetDefaults()
	}
	b = append(b, '{')
	first := true
	for _, f := range fieldsOf(v.Type()) {
		field := v.Field(f.index)
		if version < f.lo || version > f.hi || f.tagged && isDefault(field, defaults.Elem().Field(f.index)) {
			continue
		}
		if !first {
			b = append(b, ',')
		}
		first = false
		b = append(appendText(b, f.name), ':')
		if replace != nil {
			if out, done := replace(b, f.name, field); done {
				b = out
				continue
			}
		}
		b = appendJSON(b, field, version)
	}
	return append(b, '}')
}

// isDefault compares with the default; an empty array is a default that is not null.
func isDefault(v, def reflect.Value) bool {
	if v.Kind() == reflect.Slice {
		return v.Len() == 0 && def.Len() == 0 && v.IsNil() == def.IsNil() || reflect.DeepEqual(v.Interface(), def.Interface())
	}
	return reflect.DeepEqual(v.Interface(), def.Interface())
}

// appendText quotes like Jackson: quotes, backslashes and control characters only.
func appendText(b []byte, s string) []byte {
	b = append(b, '"')
	for _, r := range s {
		switch r {
		case '"', '\\':
			b = append(b, '\\', byte(r))
		case '\b':
			b = append(b, `\b`...)
		case '\f':
			b = append(b, `\f`...)
		case '\n':
			b = append(b, `\n`...)
		case '\r':
			b = append(b, `\r`...)
		case '\t':
			b = append(b, `\t`...)
		default:
			if r < 0x20 {
				b = fmt.Appendf(b, `\u%04X`, r)
			} else {
				b = append(b, string(r)...)
			}
		}
	}
	return append(b, '"')
}
