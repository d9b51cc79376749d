package dumplog

import (
	"io"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gregorhq/gregor/record"
)

// TestDamagedRecordIsLocated checks that the error of a record with a flipped byte names the file,
// the batch and the record, each once.
func TestDamagedRecordIsLocated(t *testing.T) {
	b := record.NewBuilder(record.BuilderOptions{BaseOffset: 7})
	for i := range int64(3) {
		if err := b.Append(7+i, 1, []byte("key"), []byte("value"), nil); err != nil {
			t.Fatal(err)
		}
	}
	batch, err := b.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	size := (len(batch) - record.HeaderSize) / 3
	batch[record.HeaderSize+size+4] ^= 2 // the length of the second record's key
	name := filepath.Join(t.TempDir(), zero+".log")
	if err := os.WriteFile(name, batch, 0o600); err != nil {
		t.Fatal(err)
	}
	err = Run(Options{Files: []string{name}, Deep: true, MaxMessageSize: 5 << 20, MaxBytes: math.MaxInt32}, io.Discard, io.Discard)
	if err == nil || !strings.HasPrefix(err.Error(), "file "+name+", batch at position 0, record at offset 8 or later: ") {
		t.Errorf("%v", err)
	}
	if err != nil && strings.Count(err.Error(), "invalid record") != 1 {
		t.Errorf("%v repeats itself", err)
	}
}
