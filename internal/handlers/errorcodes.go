package handlers

import (
	"reflect"
	"strings"
	"sync"

	"github.com/gregorhq/gregor/internal/protocol"
)

// errorWalk is the way to the error codes of an answer: the fields whose name ends in ErrorCode,
// and the fields that hold structs with such fields. It is computed once for each type. In Kafka,
// the method errorCounts of each response class counts the same fields.
type errorWalk struct {
	codes []int
	down  []errorStep
}

type errorStep struct {
	field int
	// many: the field is a slice.
	many bool
	walk *errorWalk
}

// errorWalks holds the *errorWalk of each answer by its type.
var errorWalks sync.Map

// errorCounter counts the error codes of an answer.
type errorCounter interface{ CountError(code int16, n int) }

// countErrors counts every error code of an answer. It allocates nothing for answers without
// errors. Produce and Fetch have large and frequent answers, so they count where they make the
// answer.
func countErrors(x errorCounter, m protocol.Message) {
	v := reflect.ValueOf(m).Elem()
	found, ok := errorWalks.Load(v.Type())
	if !ok {
		found, _ = errorWalks.LoadOrStore(v.Type(), walkOf(v.Type()))
	}
	if none := found.(*errorWalk).count(v, x); none > 0 {
		x.CountError(0, none)
	}
}

// count returns the number of codes that are 0, and counts the others.
func (w *errorWalk) count(v reflect.Value, x errorCounter) (none int) {
	for _, i := range w.codes {
		if code := v.Field(i).Int(); code == 0 {
			none++
		} else {
			x.CountError(int16(code), 1)
		}
	}
	for _, d := range w.down {
		f := v.Field(d.field)
		if !d.many {
			none += d.walk.count(f, x)
			continue
		}
		for i := range f.Len() {
			none += d.walk.count(f.Index(i), x)
		}
	}
	return none
}

// walkOf computes the walk over a struct. No message of Kafka contains its own type.
func walkOf(t reflect.Type) *errorWalk {
	w := &errorWalk{}
	for i := range t.NumField() {
		f := t.Field(i)
		if strings.HasSuffix(f.Name, "ErrorCode") && f.Type.Kind() == reflect.Int16 {
			w.codes = append(w.codes, i)
			continue
		}
		inner, many := f.Type, f.Type.Kind() == reflect.Slice
		if many {
			inner = inner.Elem()
		}
		if inner.Kind() != reflect.Struct {
			continue
		}
		if below := walkOf(inner); len(below.codes)+len(below.down) > 0 {
			w.down = append(w.down, errorStep{i, many, below})
		}
	}
	return w
}
