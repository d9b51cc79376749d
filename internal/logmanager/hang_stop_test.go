package logmanager

import (
	"testing"

	"github.com/gregorhq/gregor/storage"
)

// A disk that hangs in a commit or in a flush keeps the clean-shutdown marker from no other
// directory.
func TestHangingDiskStopsNoOtherCleanStop(t *testing.T) {
	for name, hang := range map[string]func(h *hangingDisk){
		"commit": func(h *hangingDisk) { h.m.AwaitSync(h.b, h.b.LogEndOffset(), make(answers, 1)) },
		"flush":  func(h *hangingDisk) { h.m.FlushSoon(h.b, 50) },
	} {
		t.Run(name, func(t *testing.T) {
			h := newHangingDisk(t, smallSegments())
			h.on.Store(true)
			hang(h)
			<-h.hung
			go h.m.Stop(true, 1)
			await(t, "the clean stop", func() bool {
				_, clean, _ := storage.ReadCleanShutdown(h.m.opts.FS, "/a")
				return clean
			})
		})
	}
}

// Nor does it stop the creation of a log, also while deleted folders of its own wait for their new
// names.
func TestHangingDiskStopsNoOtherCreation(t *testing.T) {
	h := newHangingDisk(t, storage.DefaultConfig())
	h.m.SetDirID("/a", [16]byte{9})
	h.on.Store(true)
	go func() { _ = h.m.Delete(h.b, nowMs) }() // it holds Dir.naming
	<-h.hung
	h.m.deleteLater(h.b.LogDir(), deletion{tp: storage.TopicPartition{Topic: "other"}, from: "/b/other-0", path: "/b/other-0-delete"})
	done := make(answers, 1)
	go func() {
		_, err := h.m.Create(CreateOptions{Topic: "new", DirID: [16]byte{9}, Config: storage.DefaultConfig(), NowMs: nowMs})
		h.m.RecordNew(h.a.LogDir())
		done <- err
	}()
	await(t, "the creation", func() bool { return len(done) == 1 })
	must(t, <-done)
}
