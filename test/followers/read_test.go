//go:build peer

package followers

import (
	"testing"

	"github.com/gregorhq/gregor/internal/logmanager"
	"github.com/gregorhq/gregor/storage"
)

// readAll returns all batches of a log.
func readAll(t *testing.T, l *logmanager.Log) (out []byte) {
	for from := l.LogStartOffset(); from < l.LogEndOffset(); {
		r, err := l.Read(from, storage.ReadOptions{MaxBytes: 1 << 20, MinOneBatch: true, Below: l.LogEndOffset()})
		if err != nil {
			t.Fatal(err)
		}
		b, err := r.Slice.ReadInto(nil)
		r.Slice.Close()
		if err != nil {
			t.Fatal(err)
		}
		out, from = append(out, b...), r.NextOffset
	}
	return out
}
