package handlers

import (
	"fmt"
	"reflect"
	"strings"

	"github.com/gregorhq/gregor/internal/java"
	"github.com/gregorhq/gregor/internal/protocol"
	"github.com/gregorhq/gregor/internal/protocol/wire"
)

// replace sends another answer for one that cannot be encoded, because a string in it is longer
// than wire.MaxString. Error messages that quote the request are shortened. If that is not enough,
// the client gets UNKNOWN_SERVER_ERROR, as from Kafka. If even this answer cannot be encoded,
// because it repeats a name of the request that has become longer by its decoding to UTF-8, the
// connection is closed. Kafka then leaves the request without an answer.
func (c *Ctx) replace(m protocol.Message, reason error) {
	version := c.Header.APIVersion
	if shortenMessages(reflect.ValueOf(m).Elem()) && c.x.Respond(m, version) == nil {
		return
	}
	failed := failedAnswer(m, version)
	countErrors(c.x, failed)
	if c.x.Respond(failed, version) == nil {
		return
	}
	c.x.Abort(fmt.Sprintf("the answer to %s version %d of client %q cannot be encoded: %v",
		protocol.Name(c.Header.APIKey), version, java.Shorten(c.ClientID(), 100), reason))
}

// shortenMessages shortens the error messages in a struct, and reports whether one was too long.
func shortenMessages(v reflect.Value) (any bool) {
	each(v, func(name string, f reflect.Value) {
		text, ok := f.Interface().(*string)
		if !ok || text == nil || len(*text) <= wire.MaxString || !strings.HasSuffix(name, "ErrorMessage") {
			return
		}
		short := java.Shorten(*text, wire.MaxString)
		f.Set(reflect.ValueOf(&short))
		any = true
	}, func(inner reflect.Value) { any = shortenMessages(inner) || any })
	return any
}

// each visits the fields of a struct, and the structs in them.
func each(v reflect.Value, field func(name string, f reflect.Value), inner func(reflect.Value)) {
	for i := range v.NumField() {
		f := v.Field(i)
		switch {
		case f.Kind() == reflect.Struct:
			inner(f)
		case f.Kind() == reflect.Slice && f.Type().Elem().Kind() == reflect.Struct:
			for j := range f.Len() {
				inner(f.Index(j))
			}
		default:
			field(v.Type().Field(i).Name, f)
		}
	}
}

// failedAnswer makes the answer with UNKNOWN_SERVER_ERROR out of one that cannot be encoded
// (Kafka's AbstractRequest.getErrorResponse). It has only the code if the answer has one of its
// own in this version, else the code for every element that the request named.
func failedAnswer(m protocol.Message, version int16) protocol.Message {
	whole := reflect.New(reflect.TypeOf(m).Elem())
	out := whole.Interface().(protocol.Message)
	out.SetDefaults()
	var without, with wire.Writer
	out.Encode(&without, version)
	failElement(whole.Elem())
	out.Encode(&with, version)
	if string(without.Buf) != string(with.Buf) {
		return out
	}
	failElements(reflect.ValueOf(m).Elem())
	return m
}

// failElements fails the elements of an answer.
func failElements(v reflect.Value) {
	each(v, func(string, reflect.Value) {}, func(inner reflect.Value) {
		if !failElement(inner) {
			failElements(inner)
		}
	})
}

// failElement sets the code and the message of an element, and all that does not name the element
// to its default. It reports false, and does nothing, for a struct without an error code.
func failElement(v reflect.Value) bool {
	code := v.FieldByName("ErrorCode")
	if !code.IsValid() {
		return false
	}
	old := reflect.New(v.Type()).Elem()
	old.Set(v)
	v.Addr().Interface().(interface{ SetDefaults() }).SetDefaults()
	for _, name := range elementNames {
		if f := old.FieldByName(name); f.IsValid() {
			v.FieldByName(name).Set(f)
		}
	}
	code.SetInt(int64(protocol.ErrUnknownServerError))
	if text := v.FieldByName("ErrorMessage"); text.IsValid() {
		message := protocol.ErrUnknownServerError.Message()
		text.Set(reflect.ValueOf(&message))
	}
	return true
}

// elementNames are the fields that say which element of its request an element of an answer is for.
var elementNames = []string{"Name", "Topic", "TopicName", "TopicID", "PartitionIndex", "PartitionID", "Partition", "Index",
	"GroupID", "Key", "ResourceType", "ResourceName", "MemberID", "GroupInstanceID"}
