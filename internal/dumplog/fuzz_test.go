package dumplog

import (
	"io"
	"math"
	"os"
	"path/filepath"
	"testing"

	"github.com/gregorhq/gregor/internal/testkit"
)

const zero = "00000000000000000000"

// FuzzDump checks that the tool returns without a panic for any bytes in a file. which picks the
// kind of file and the options, so that an input costs one run.
func FuzzDump(f *testing.F) {
	suffixes := []string{".log", ".index", ".timeindex", ".snapshot", ".txnindex"}
	flags := []Options{{}, {Decoder: Offsets}, {Decoder: Transactions}, {Decoder: ShareState}, {Decoder: ClusterMetadata},
		{Decoder: RemoteLogMetadata}, {SanityOnly: true}, {VerifyOnly: true}}
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
		testkit.Bounded(t)
		dir := t.TempDir()
		suffix, o := suffixes[int(which)%len(suffixes)], flags[int(which)/len(suffixes)%len(flags)]
		name := filepath.Join(dir, zero+suffix)
		if err := os.WriteFile(name, data, 0o600); err != nil {
			t.Fatal(err)
		}
		if suffix == ".index" || suffix == ".timeindex" { // an index is read together with its log
			if err := os.WriteFile(filepath.Join(dir, zero+".log"), data, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		o.Files, o.PrintData, o.Deep, o.MaxMessageSize, o.MaxBytes = []string{name}, true, true, 5<<20, math.MaxInt32
		_ = Run(o, io.Discard, io.Discard)
	})
}
