package handlers

import (
	"reflect"
	"strings"
	"testing"

	"github.com/gregorhq/gregor/internal/protocol"
)

// counts are error codes and how often they were counted.
type counts map[int16]int

func (c counts) CountError(code int16, n int) { c[code] += n }

func TestCountErrors(t *testing.T) {
	resp := protocol.New[protocol.MetadataResponse]()
	resp.Topics = []protocol.MetadataResponseResponseTopic{
		{ErrorCode: 3},
		{Partitions: []protocol.MetadataResponseResponsePartition{{ErrorCode: 5}, {ErrorCode: 5}, {}}},
	}
	x := counts{}
	countErrors(x, resp)
	// The answer itself, one topic and one partition have no error.
	if want := (counts{0: 3, 3: 1, 5: 2}); !reflect.DeepEqual(x, want) {
		t.Fatal(x)
	}
	fine := protocol.New[protocol.HeartbeatResponse]()
	var counter errorCounter = x
	if n := testing.AllocsPerRun(100, func() { countErrors(counter, fine) }); n != 0 {
		t.Fatal(n, "allocations for an answer without errors")
	}
}

// Every error code of every answer is found.
func TestErrorCodesOfAllAnswers(t *testing.T) {
	for _, a := range protocol.APIs() {
		resp := protocol.NewResponse(a.Key)
		if resp == nil {
			continue
		}
		typ := reflect.TypeOf(resp).Elem()
		if got, want := reached(walkOf(typ)), fieldsOf(typ); got != want {
			t.Errorf("%s has %d error codes, %d are found", a.Name, want, got)
		}
	}
}

func reached(w *errorWalk) int {
	n := len(w.codes)
	for _, d := range w.down {
		n += reached(d.walk)
	}
	return n
}

// fieldsOf counts the error codes of a struct through every kind of field.
func fieldsOf(t reflect.Type) (n int) {
	switch t.Kind() {
	case reflect.Pointer, reflect.Slice:
		return fieldsOf(t.Elem())
	case reflect.Struct:
		for i := range t.NumField() {
			f := t.Field(i)
			if n += fieldsOf(f.Type); f.Type.Kind() == reflect.Int16 && strings.HasSuffix(f.Name, "ErrorCode") {
				n++
			}
		}
	}
	return n
}
