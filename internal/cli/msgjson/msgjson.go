// Package msgjson writes Kafka's own records (__consumer_offsets, __transaction_state) as Apache
// Kafka's tools print them: the fields in the order of the schema, those only that the version has,
// bytes in base64.
package msgjson

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"reflect"
	"strconv"
	"strings"
	"unicode"

	"github.com/gregorhq/gregor/internal/protocol/wire"
)

// Append adds message, a pointer to a struct with schema tags, in that version.
func Append(b []byte, message any, version int16) []byte {
	return appendStruct(b, reflect.ValueOf(message).Elem(), version)
}

func appendStruct(b []byte, v reflect.Value, version int16) []byte {
	b = append(b, '{')
	first := true
	for i := range v.NumField() {
		f := v.Type().Field(i)
		tag, ok := f.Tag.Lookup("kafka")
		if !ok || f.Name == "_" || !shown(tag, v.Field(i), version) {
			continue
		}
		if !first {
			b = append(b, ',')
		}
		first = false
		b = strconv.AppendQuote(b, fieldName(f.Name))
		b = append(b, ':')
		b = appendValue(b, v.Field(i), version)
	}
	return append(b, '}')
}

// shown: the version has the field, and a tagged one differs from its default.
func shown(tag string, v reflect.Value, version int16) bool {
	parts := strings.Split(tag, ",")
	if !within(parts[0], version) {
		return false
	}
	tagged, fallback := false, ""
	for _, p := range parts[1:] {
		if strings.HasPrefix(p, "tag=") {
			tagged = true
		}
		if d, ok := strings.CutPrefix(p, "default="); ok {
			fallback = d
		}
	}
	if !tagged {
		return true
	}
	if fallback != "" && v.CanInt() {
		return strconv.FormatInt(v.Int(), 10) != fallback
	}
	return !v.IsZero() && !(v.Kind() == reflect.Slice && v.Len() == 0)
}

// within reads "0+", "1-3" and "2".
func within(versions string, version int16) bool {
	if low, ok := strings.CutSuffix(versions, "+"); ok {
		n, err := strconv.Atoi(low)
		return err == nil && int(version) >= n
	}
	low, high, is := strings.Cut(versions, "-")
	if !is {
		high = low
	}
	l, err1 := strconv.Atoi(low)
	h, err2 := strconv.Atoi(high)
	return err1 == nil && err2 == nil && int(version) >= l && int(version) <= h
}

// fieldName turns Go's MemberID into the schema's memberId.
func fieldName(name string) string {
	name = strings.ReplaceAll(name, "IDs", "Ids")
	out := []rune(name)
	for i := range out {
		before := i == 0 || unicode.IsUpper(rune(name[i-1]))
		last := i+1 == len(out) || unicode.IsUpper(rune(name[i+1]))
		if i == 0 || before && last {
			out[i] = unicode.ToLower(out[i])
		}
	}
	return string(out)
}

var uuidType = reflect.TypeFor[wire.UUID]()

func appendValue(b []byte, v reflect.Value, version int16) []byte {
	switch {
	case v.Type() == uuidType:
		return strconv.AppendQuote(b, v.Interface().(wire.UUID).String())
	case v.Kind() == reflect.Pointer:
		if v.IsNil() {
			return append(b, "null"...)
		}
		return appendValue(b, v.Elem(), version)
	case v.Kind() == reflect.Struct:
		return appendStruct(b, v, version)
	case v.Kind() == reflect.Slice && v.Type().Elem().Kind() == reflect.Uint8:
		if v.IsNil() {
			return append(b, "null"...)
		}
		return strconv.AppendQuote(b, base64.StdEncoding.EncodeToString(v.Bytes()))
	case v.Kind() == reflect.Slice:
		return appendSlice(b, v, version)
	}
	var text bytes.Buffer
	e := json.NewEncoder(&text)
	e.SetEscapeHTML(false)
	if err := e.Encode(v.Interface()); err != nil { // a float that is no number: no schema of these records has one
		return append(b, "null"...)
	}
	return append(b, bytes.TrimRight(text.Bytes(), "\n")...)
}

func appendSlice(b []byte, v reflect.Value, version int16) []byte {
	b = append(b, '[')
	for i := range v.Len() {
		if i > 0 {
			b = append(b, ',')
		}
		b = appendValue(b, v.Index(i), version)
	}
	return append(b, ']')
}
