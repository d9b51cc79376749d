package compact

import (
	"path/filepath"
	"slices"
	"testing"

	"github.com/gregorhq/gregor/record"
	"github.com/gregorhq/gregor/storage/internal/segfile"
	"github.com/gregorhq/gregor/vfs"
)

// cleanFixture is a folder of segments without a Log around it.
type cleanFixture struct {
	t       *testing.T
	fs      vfs.FS
	dir     string
	segs    []Segment
	active  map[int64]LastRecord
	aborted []segfile.AbortedTxn
	// deleteRetentionMs is delete.retention.ms, a day by default.
	deleteRetentionMs int64
}

func (f *cleanFixture) AbortedTxns(from, below int64) (out []segfile.AbortedTxn, err error) {
	for _, t := range f.aborted {
		if t.LastOffset >= from && t.FirstOffset < below {
			out = append(out, t)
		}
	}
	return out, nil
}

func (f *cleanFixture) LastRecords() map[int64]LastRecord { return f.active }

func (f *cleanFixture) Stale() error { return nil }

func (f *cleanFixture) Replace(w *Writer, old []Segment, _ int64) error {
	clean := Segment{Base: w.Base, Size: w.Size, Next: old[len(old)-1].Next}
	if err := w.File.Close(); err != nil {
		return err
	}
	if err := CommitCleaned(f.fs, f.dir, clean.Base); err != nil {
		return err
	}
	for _, o := range old {
		if err := segfile.RenameSuffix(f.fs, f.dir, o.Base, "", segfile.DeletedSuffix); err != nil {
			return err
		}
	}
	if err := f.fs.SyncDir(f.dir); err != nil {
		return err
	}
	if err := segfile.RenameSuffix(f.fs, f.dir, clean.Base, segfile.SwapSuffix, ""); err != nil {
		return err
	}
	at := slices.IndexFunc(f.segs, func(s Segment) bool { return s.Base == old[0].Base })
	f.segs = slices.Concat(f.segs[:at], []Segment{clean}, f.segs[at+len(old):])
	return f.fs.SyncDir(f.dir)
}

func newCleanFixture(t *testing.T, fsys vfs.FS) *cleanFixture {
	t.Helper()
	if err := fsys.MkdirAll("/d", vfs.DirPerm); err != nil {
		t.Fatal(err)
	}
	return &cleanFixture{t: t, fs: fsys, dir: "/d", active: map[int64]LastRecord{}, deleteRetentionMs: 24 * 3600 * 1000}
}

// segment adds a sealed segment of the batches; it ends where the next one begins.
func (f *cleanFixture) segment(base int64, batches ...record.Batch) {
	f.t.Helper()
	var data []byte
	next := base
	for _, b := range batches {
		data = append(data, b...)
		next = b.NextOffset()
	}
	if err := vfs.WriteFile(f.fs, filepath.Join(f.dir, segfile.OffsetName(base)+segfile.LogSuffix), data); err != nil {
		f.t.Fatal(err)
	}
	f.segs = append(f.segs, Segment{Base: base, Size: int64(len(data)), Next: next})
}

func (f *cleanFixture) Run(o Options, dirty int64) (Stats, error) {
	c := &Run{
		FS: f.fs, Dir: f.dir, Src: f, Opts: o, MaxSegmentBytes: 1 << 30, IndexInterval: 4096, DeleteRetentionMs: f.deleteRetentionMs,
		Segs: slices.Clone(f.segs), FirstDirty: dirty, UpperBound: f.segs[len(f.segs)-1].Next,
	}
	return c.Do()
}

func (f *cleanFixture) clean(nowMs int64) Stats {
	f.t.Helper()
	stats, err := f.Run(Options{NowMs: nowMs}, f.segs[0].Base)
	if err != nil {
		f.t.Fatal(err)
	}
	return stats
}

// batches reads all segments back.
func (f *cleanFixture) batches() (out []record.Batch) {
	f.t.Helper()
	for _, s := range f.segs {
		data, err := vfs.ReadFile(f.fs, filepath.Join(f.dir, segfile.OffsetName(s.Base)+segfile.LogSuffix))
		if err != nil || int64(len(data)) != s.Size {
			f.t.Fatal(len(data), s.Size, err)
		}
		for b, err := range record.Batches(data) {
			if err == nil {
				err = b.Validate()
			}
			if err != nil {
				f.t.Fatal(err)
			}
			out = append(out, b)
		}
	}
	return out
}
