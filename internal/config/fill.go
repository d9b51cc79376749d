package config

import (
	"fmt"
	"reflect"
	"strings"
	"sync"
	"time"
)

// tagName is the tag of a field that takes the value of a key:
//
//	Threads int `config:"log.cleaner.threads"`
const tagName = "config"

// fill sets the fields of the struct that dst points to. A field with the tag `config:"KEY"` takes
// the value of KEY: a whole number of any size, a float64, bool, string or []string. A
// time.Duration takes a number in the unit that ends the name of the key. Fields that are structs
// are filled too. Fields without the tag keep their values.
func fill(dst any, value func(key string) any) {
	v := reflect.ValueOf(dst).Elem()
	for _, f := range taggedFields(v.Type()) {
		f.set(v.FieldByIndex(f.index), value(f.key))
	}
}

// taggedField is a field of a struct with the key that it takes.
type taggedField struct {
	key   string
	index []int
	unit  time.Duration // of a time.Duration
}

var fieldsByType sync.Map // reflect.Type to []taggedField

func taggedFields(t reflect.Type) []taggedField {
	if known, ok := fieldsByType.Load(t); ok {
		return known.([]taggedField)
	}
	fields := appendFields(nil, t, nil)
	fieldsByType.Store(t, fields)
	return fields
}

func appendFields(out []taggedField, t reflect.Type, at []int) []taggedField {
	for i := range t.NumField() {
		f := t.Field(i)
		index := append(append([]int(nil), at...), i)
		key, ok := f.Tag.Lookup(tagName)
		switch {
		case ok:
			tf := taggedField{key: key, index: index}
			if f.Type == reflect.TypeFor[time.Duration]() {
				tf.unit = unitOf(key)
			}
			out = append(out, tf)
		case f.Type.Kind() == reflect.Struct:
			out = appendFields(out, f.Type, index)
		}
	}
	return out
}

// unitOf is the unit at the end of a key.
func unitOf(key string) time.Duration {
	switch key[strings.LastIndexByte(key, '.')+1:] {
	case "ms", "millis":
		return time.Millisecond
	case "secs", "seconds":
		return time.Second
	case "minutes":
		return time.Minute
	case "hours":
		return time.Hour
	}
	panic("config: no unit of time in " + key)
}

func (f taggedField) set(field reflect.Value, x any) {
	switch x := x.(type) {
	case nil:
		field.SetZero()
	case int64:
		if f.unit != 0 {
			x = scale(x, int64(f.unit))
		}
		if field.OverflowInt(x) {
			panic(fmt.Sprintf("config: %s does not fit into a %s", f.key, field.Type()))
		}
		field.SetInt(x)
	default:
		field.Set(reflect.ValueOf(x))
	}
}
