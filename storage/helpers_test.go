package storage

import (
	"bytes"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"path/filepath"
	"testing"

	"github.com/gregorhq/gregor/record"
	"github.com/gregorhq/gregor/vfs"
)

const testDir = "data/topic-0"

var quiet = slog.New(slog.NewTextHandler(io.Discard, nil))

// batchOf is one client batch of n records with values of about size bytes, stamped ts, ts+1 ...
func batchOf(tb testing.TB, n, size int, ts int64) record.Batch {
	tb.Helper()
	b := record.NewBuilder(record.BuilderOptions{LeaderEpoch: record.NoPartitionLeaderEpoch})
	for i := range n {
		value := bytes.Repeat([]byte{'a' + byte(i%26)}, size)
		if err := b.Append(int64(i), ts+int64(i), fmt.Appendf(nil, "k%d", i), value, nil); err != nil {
			tb.Fatal(err)
		}
	}
	out, err := b.Bytes()
	if err != nil {
		tb.Fatal(err)
	}
	return append(record.Batch(nil), out...)
}

// sized is a client batch of n records that is exactly size bytes long.
func sized(tb testing.TB, n, size int, ts int64) record.Batch {
	tb.Helper()
	for pad := 0; pad <= size; pad++ {
		b := record.NewBuilder(record.BuilderOptions{LeaderEpoch: -1})
		for i := range n {
			v := []byte{}
			if i == 0 {
				v = make([]byte, pad)
			}
			if err := b.Append(int64(i), ts, nil, v, nil); err != nil {
				tb.Fatal(err)
			}
		}
		out, err := b.Bytes()
		if err != nil {
			tb.Fatal(err)
		}
		if len(out) == size {
			return append(record.Batch(nil), out...)
		}
	}
	tb.Fatalf("no batch of %d records has %d bytes", n, size)
	return nil
}

func testConfig() *Config {
	c := DefaultConfig()
	c.TimestampAfterMsMax = 1 << 60
	return c
}

// withDir makes the log directory in fsys.
func withDir(fsys vfs.FS) vfs.FS {
	if dir := filepath.Dir(testDir); !vfs.Exists(fsys, dir) {
		_ = fsys.MkdirAll(dir, vfs.DirPerm)
	}
	return fsys
}

func testOptions(fsys vfs.FS, c *Config) Options {
	fsys = withDir(fsys)
	return Options{FS: fsys, Dir: testDir, Topic: "topic", Config: c, Logger: quiet, NowMs: 1000, Pool: NewFilePool(8)}
}

func mustOpen(tb testing.TB, o Options) *Log {
	tb.Helper()
	l, err := Open(o)
	if err != nil {
		tb.Fatal(err)
	}
	return l
}

func newTestLog(tb testing.TB, c *Config) (*Log, *vfs.Mem) {
	tb.Helper()
	m := vfs.NewCrashableMem()
	if err := m.MkdirAll(filepath.Dir(testDir), vfs.DirPerm); err != nil {
		tb.Fatal(err)
	}
	if err := syncMount(m, ""); err != nil {
		tb.Fatal(err)
	}
	return mustOpen(tb, testOptions(m, c)), m
}

func mustAppend(tb testing.TB, l *Log, records []byte) AppendInfo {
	tb.Helper()
	info, err := l.AppendAsLeader(records, AppendOptions{LeaderEpoch: 1, NowMs: 1000})
	if err != nil {
		tb.Fatal(err)
	}
	return info
}

// readAll returns the bytes from offset from up to the log end, read with slices of at most
// maxBytes.
func readAll(tb testing.TB, l *Log, from int64, maxBytes int) []byte {
	tb.Helper()
	var out []byte
	for from < l.LogEndOffset() {
		r, err := l.Read(from, ReadOptions{MaxBytes: maxBytes, MinOneBatch: true, Below: l.LogEndOffset()})
		if err != nil {
			tb.Fatalf("read from %d: %v", from, err)
		}
		if r.Slice.Size() == 0 {
			tb.Fatalf("read from %d of %d: nothing", from, l.LogEndOffset())
		}
		at := len(out)
		if out, err = r.Slice.ReadInto(out); err != nil {
			tb.Fatal(err)
		}
		r.Slice.Close()
		for b, err := range record.Batches(out[at:]) {
			if err != nil {
				tb.Fatal(err)
			}
			from = b.NextOffset()
		}
	}
	return out
}

// syncMount makes everything below the mount of dir durable.
func syncMount(fsys vfs.FS, dir string) error {
	m, err := fsys.OpenMount(dir)
	if err != nil {
		return err
	}
	err = m.SyncFS()
	if cerr := m.Close(); err == nil {
		err = cerr
	}
	return err
}

// capture returns a logger, and a function that returns what it has logged.
func capture() (*slog.Logger, func() string) {
	var out bytes.Buffer
	return slog.New(slog.NewTextHandler(&out, nil)), out.String
}

// crashOptions are power cuts that lose all, none, or a random part of the unsynced writes.
func crashOptions(seed int64) []vfs.CrashOptions {
	out := []vfs.CrashOptions{{}, {Keep: 1, Rand: rand.New(rand.NewPCG(uint64(seed), 0))}}
	for i := range uint64(4) {
		out = append(out, vfs.CrashOptions{Keep: 0.5, Rand: rand.New(rand.NewPCG(uint64(seed), i+1))})
	}
	return out
}
