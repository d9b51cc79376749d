package dumplog

import (
	"io"
	"os"
	"path/filepath"
	"testing"

	"github.com/gregorhq/gregor/internal/check"
)

// Whatever is in the files, the tool ends without a panic. which picks the kind of file and how it is looked at, so that an
// input costs one run of the tool.
func FuzzDump(f *testing.F) {
	suffixes := []string{".log", ".index", ".timeindex", ".snapshot", ".txnindex"}
	flags := []string{"--print-data-log", "--offsets-decoder", "--transaction-log-decoder", "--share-group-state-decoder",
		"--cluster-metadata-decoder", "--remote-log-metadata-decoder", "--index-sanity-check", "--verify-index-only"}
	kinds := len(suffixes) * len(flags)
	for _, name := range []string{"offsets-42", "txn-15", "share-44", "idem", "codec-lz4"} {
		data, err := os.ReadFile(filepath.Join("testdata", name, zero+".log"))
		if err != nil {
			f.Fatal(err)
		}
		for which := range kinds {
			f.Add(data, uint8(which))
		}
	}
	f.Fuzz(func(t *testing.T, data []byte, which uint8) {
		check.Bounded(t)
		dir := t.TempDir()
		suffix, flag := suffixes[int(which)%len(suffixes)], flags[int(which)/len(suffixes)%len(flags)]
		name := filepath.Join(dir, zero+suffix)
		if err := os.WriteFile(name, data, 0o600); err != nil {
			t.Fatal(err)
		}
		if suffix == ".index" || suffix == ".timeindex" { // it is looked at beside its log
			if err := os.WriteFile(filepath.Join(dir, zero+".log"), data, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		Run([]string{flag, "--files", name}, "4.4.0", io.Discard, io.Discard)
	})
}
