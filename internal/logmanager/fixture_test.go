package logmanager

import (
	"io"
	"log/slog"
	"path/filepath"
	"testing"

	"github.com/gregorhq/gregor/internal/config"
	"github.com/gregorhq/gregor/internal/host"
	"github.com/gregorhq/gregor/record"
	"github.com/gregorhq/gregor/storage"
	"github.com/gregorhq/gregor/vfs"
)

const nowMs = 1_700_000_000_000

var quiet = slog.New(slog.NewTextHandler(io.Discard, nil))

func open(t testing.TB, fs vfs.FS, dirs ...string) *Manager {
	t.Helper()
	return openOn(t, nil, fs, dirs...)
}

// openOn opens a manager on a host; nil means this process.
func openOn(t testing.TB, h host.Host, fs vfs.FS, dirs ...string) *Manager {
	t.Helper()
	m, err := New(Options{FS: fs, Dirs: dirs, Config: defaultConfig(), Logger: quiet, Host: h})
	if err != nil {
		t.Fatal(err)
	}
	load(t, m)
	return m
}

func load(t testing.TB, m *Manager) {
	t.Helper()
	known := func(string, int32, [16]byte) Spec { return Spec{Config: storage.DefaultConfig()} }
	if err := m.Load(LoadOptions{NowMs: nowMs, Describe: known, Skip: func(topic string) bool { return topic == "__cluster_metadata" }}); err != nil {
		t.Fatal(err)
	}
}

func create(t testing.TB, m *Manager, topic string, partition int32, c *storage.Config) *Log {
	t.Helper()
	l, err := m.Create(CreateOptions{Topic: topic, Partition: partition, TopicID: [16]byte{1}, Config: c, NowMs: nowMs})
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func fill(t testing.TB, l *Log, key string, values ...string) {
	t.Helper()
	for _, v := range values {
		b := record.NewBuilder(record.BuilderOptions{LeaderEpoch: -1})
		if err := b.Append(0, nowMs, []byte(key), []byte(v), nil); err != nil {
			t.Fatal(err)
		}
		batch, err := b.Bytes()
		if err != nil {
			t.Fatal(err)
		}
		if _, err := l.AppendAsLeader(batch, storage.AppendOptions{NowMs: nowMs}); err != nil {
			t.Fatal(err)
		}
	}
	l.SetHighWatermark(l.LogEndOffset())
}

func checkpointed(t testing.TB, fs vfs.FS, dir, file string) map[storage.TopicPartition]int64 {
	t.Helper()
	got, err := storage.ReadOffsetCheckpoint(fs, filepath.Join(dir, file))
	if err != nil {
		t.Fatal(err)
	}
	return got
}

type waiter struct {
	calls int
	err   error
}

func (w *waiter) Synced(err error) { w.calls, w.err = w.calls+1, err }

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// batchOf makes a batch of one record.
func batchOf(t testing.TB, value string) []byte {
	t.Helper()
	b := record.NewBuilder(record.BuilderOptions{LeaderEpoch: -1})
	must(t, b.Append(0, nowMs, []byte("k"), []byte(value), nil))
	batch, err := b.Bytes()
	must(t, err)
	return batch
}

// defaultConfig returns Kafka's defaults.
func defaultConfig() Config { return ConfigFrom(config.Default().Values()) }

// checkpointAll writes the checkpoint files of every directory.
func checkpointAll(m *Manager) {
	m.CheckpointRecoveryPoints()
	m.CheckpointHighWatermarks()
	m.CheckpointStartOffsets(m.dirs...)
}
