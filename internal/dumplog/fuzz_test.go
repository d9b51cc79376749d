package dumplog

import (
	"io"
	"os"
	"path/filepath"
	"testing"

	"github.com/gregorhq/gregor/internal/check"
)

// Whatever is in the files, the tool ends without a panic.
func FuzzDump(f *testing.F) {
	for _, name := range []string{"offsets-42", "txn-15", "share-44", "idem", "codec-lz4"} {
		data, err := os.ReadFile(filepath.Join("testdata", name, zero+".log"))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		check.Bounded(t)
		dir := t.TempDir()
		var files string
		for _, suffix := range []string{".log", ".index", ".timeindex", ".snapshot", ".txnindex"} {
			name := filepath.Join(dir, zero+suffix)
			if err := os.WriteFile(name, data, 0o600); err != nil {
				t.Fatal(err)
			}
			files += "," + name
			for _, flag := range []string{"--print-data-log", "--offsets-decoder", "--transaction-log-decoder", "--share-group-state-decoder",
				"--cluster-metadata-decoder", "--remote-log-metadata-decoder", "--index-sanity-check"} {
				Run([]string{flag, "--files", name}, "4.4.0", io.Discard, io.Discard)
			}
		}
		Run([]string{"--verify-index-only", "--files", files[1:]}, "4.4.0", io.Discard, io.Discard)
	})
}
