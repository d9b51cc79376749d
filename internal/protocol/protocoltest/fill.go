// Package protocoltest makes random messages, for tests and for the comparison with Kafka's own
// classes.
package protocoltest

import (
	"math"
	"math/rand/v2"
	"reflect"
	"strings"

	"github.com/gregorhq/gregor/internal/protocol/wire"
)

// Fill sets every field that a version has to a random value. v is the struct. Struct tags name the
// fields of a version. kmsg's structs have no tags, so Fill sets all of their fields.
func Fill(rnd *rand.Rand, v reflect.Value, version int16) {
	for i := range v.NumField() {
		f := v.Type().Field(i)
		_, ours := f.Tag.Lookup("kafka")
		if f.Name == "_" || f.Name == "UnknownTags" || !f.IsExported() {
			continue
		}
		nullable := f.Type.Kind() == reflect.Pointer
		if ours {
			gf := Parse(f)
			if version < gf.Low || version > gf.High {
				continue
			}
			nullable = version >= gf.NullLow && version <= gf.NullHigh
		}
		fillValue(rnd, v.Field(i), version, nullable)
	}
}

func fillValue(rnd *rand.Rand, v reflect.Value, version int16, nullable bool) {
	if nullable && rnd.IntN(4) == 0 {
		if v.Type() == reflect.TypeFor[wire.Records]() {
			v.SetZero()
			return
		}
		if k := v.Kind(); k == reflect.Pointer || k == reflect.Slice {
			v.SetZero()
			return
		}
	}
	switch v.Kind() {
	case reflect.Bool:
		v.SetBool(rnd.IntN(2) == 0)
	case reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		v.SetInt(int64(rnd.Uint64()) >> (64 - v.Type().Bits()) >> rnd.IntN(v.Type().Bits()))
	case reflect.Uint16, reflect.Uint32:
		v.SetUint(rnd.Uint64() >> (64 - v.Type().Bits()))
	case reflect.Float64:
		v.SetFloat(math.Trunc(rnd.NormFloat64() * 1000))
	case reflect.String:
		v.SetString(strings.Repeat("é!", rnd.IntN(1+1<<rnd.IntN(7))))
	case reflect.Array:
		for i := range v.Len() {
			v.Index(i).SetUint(uint64(rnd.IntN(256)))
		}
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fillValue(rnd, v.Elem(), version, false)
	case reflect.Slice:
		n := rnd.IntN(4)
		if v.Type().Elem().Kind() == reflect.Uint8 {
			n = rnd.IntN(200)
		}
		v.Set(reflect.MakeSlice(v.Type(), n, n))
		for i := range n {
			if e := v.Index(i); e.Kind() == reflect.Uint8 {
				e.SetUint(uint64(rnd.IntN(256)))
			} else {
				fillValue(rnd, e, version, false)
			}
		}
	case reflect.Struct:
		if v.Type() == reflect.TypeFor[wire.Records]() {
			fillValue(rnd, v.Field(0), version, nullable)
			return
		}
		if d, ok := v.Addr().Interface().(interface{ SetDefaults() }); ok {
			d.SetDefaults()
		} else if d, ok := v.Addr().Interface().(interface{ Default() }); ok {
			d.Default()
		}
		Fill(rnd, v, version)
	}
}
