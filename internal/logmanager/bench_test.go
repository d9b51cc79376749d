package logmanager

import (
	"sync"
	"testing"

	"github.com/gregorhq/gregor/record"
	"github.com/gregorhq/gregor/storage"
	"github.com/gregorhq/gregor/vfs"
)

// BenchmarkAwaitSync measures one append and the wait for its group commit. In memory a sync costs
// next to nothing, so the figure is the cost of the wake-ups; on disk several producers share a
// sync.
func BenchmarkAwaitSync(b *testing.B) {
	for _, c := range []struct {
		name      string
		fs        vfs.FS
		dir       string
		producers int
	}{
		{"memory/1", vfs.NewMem(), "/data", 1},
		{"memory/8", vfs.NewMem(), "/data", 8},
		{"disk/1", vfs.OS(), b.TempDir(), 1},
		{"disk/8", vfs.OS(), b.TempDir(), 8},
	} {
		b.Run(c.name, func(b *testing.B) {
			m := open(b, c.fs, c.dir)
			defer m.Stop(false, 0)
			m.Run()
			var logs []*Log
			for i := range c.producers {
				logs = append(logs, create(b, m, "t", int32(i), storage.DefaultConfig()))
			}
			b.ReportAllocs()
			b.ResetTimer()
			var wg sync.WaitGroup
			for i := range logs {
				wg.Go(func() { produce(b, m, logs[i], b.N/len(logs)+1) })
			}
			wg.Wait()
		})
	}
}

// answered is a waiter that hands its answer to a goroutine.
type answered chan error

func (a answered) Synced(err error) { a <- err }

func produce(b *testing.B, m *Manager, l *Log, n int) {
	rb := record.NewBuilder(record.BuilderOptions{LeaderEpoch: -1})
	if err := rb.Append(0, nowMs, []byte("k"), []byte("v"), nil); err != nil {
		b.Error(err)
		return
	}
	template, err := rb.Bytes()
	if err != nil {
		b.Error(err)
		return
	}
	batch, done := make([]byte, len(template)), make(answered, 1)
	for range n {
		copy(batch, template)
		if _, err := l.AppendAsLeader(batch, storage.AppendOptions{NowMs: nowMs}); err != nil {
			b.Error(err)
			return
		}
		if m.AwaitSync(l, l.LogEndOffset(), done) {
			continue
		}
		if err := <-done; err != nil {
			b.Error(err)
			return
		}
	}
}
