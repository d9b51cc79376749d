// Package batches makes and shows record batches for tests.
package batches

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/gregorhq/gregor/record"
)

// Lines shows batches as text: header facts, then offset:key=value of each record.
func Lines(t testing.TB, batches []record.Batch) (out []string) {
	t.Helper()
	for _, b := range batches {
		horizon, _ := b.DeleteHorizon()
		s := fmt.Sprintf("[%d-%d", b.BaseOffset(), b.LastOffset())
		if b.HasProducerID() {
			s += fmt.Sprintf(" p%d/%d s%d", b.ProducerID(), b.ProducerEpoch(), b.BaseSequence())
		}
		if b.IsControl() {
			s += " control"
		}
		if horizon >= 0 {
			s += fmt.Sprintf(" horizon=%d", horizon)
		}
		s += "]"
		var r record.Reader
		for r.Reset(b, record.Limits{}); r.Next(); {
			rec := r.Record()
			switch {
			case b.IsControl():
				s += fmt.Sprintf(" %d:%d", rec.Offset, rec.Key[3])
			case rec.Value == nil:
				s += fmt.Sprintf(" %d:%s", rec.Offset, rec.Key)
			default:
				s += fmt.Sprintf(" %d:%s=%s", rec.Offset, rec.Key, rec.Value)
			}
		}
		if r.Err() != nil {
			t.Fatal(r.Err())
		}
		out = append(out, s)
	}
	return out
}

// Keyed makes a batch of "key=value" or "key" (a tombstone) texts.
func Keyed(t testing.TB, o record.BuilderOptions, records ...string) record.Batch {
	t.Helper()
	b := record.NewBuilder(o)
	for i, r := range records {
		key, value, found := strings.Cut(r, "=")
		v := []byte(value)
		if !found {
			v = nil
		}
		if err := b.Append(o.BaseOffset+int64(i), 1000+o.BaseOffset, []byte(key), v, []record.Header{{Key: []byte("h"), Value: []byte("x")}}); err != nil {
			t.Fatal(err)
		}
	}
	out, err := b.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	return slices.Clone(out)
}
