package storage

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
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
	segs    []cleanSegment
	active  map[int64]lastRecord
	aborted []segfile.AbortedTxn
}

func (f *cleanFixture) AbortedTxns(from, below int64) (out []segfile.AbortedTxn, err error) {
	for _, t := range f.aborted {
		if t.LastOffset >= from && t.FirstOffset < below {
			out = append(out, t)
		}
	}
	return out, nil
}

func (f *cleanFixture) lastRecords() map[int64]lastRecord { return f.active }

func (f *cleanFixture) stale() error { return nil }

func (f *cleanFixture) replaceSegments(w *cleanWriter, old []cleanSegment, _ int64) error {
	clean := cleanSegment{base: w.base, size: w.size, next: old[len(old)-1].next}
	if err := w.file.Close(); err != nil {
		return err
	}
	if err := commitCleaned(f.fs, f.dir, clean.base); err != nil {
		return err
	}
	for _, o := range old {
		if err := renameSuffix(f.fs, f.dir, o.base, "", deletedSuffix); err != nil {
			return err
		}
	}
	if err := f.fs.SyncDir(f.dir); err != nil {
		return err
	}
	if err := renameSuffix(f.fs, f.dir, clean.base, swapSuffix, ""); err != nil {
		return err
	}
	at := slices.IndexFunc(f.segs, func(s cleanSegment) bool { return s.base == old[0].base })
	f.segs = slices.Concat(f.segs[:at], []cleanSegment{clean}, f.segs[at+len(old):])
	return f.fs.SyncDir(f.dir)
}

func newCleanFixture(t *testing.T, fsys vfs.FS) *cleanFixture {
	t.Helper()
	if err := fsys.MkdirAll("/d", vfs.DirPerm); err != nil {
		t.Fatal(err)
	}
	return &cleanFixture{t: t, fs: fsys, dir: "/d", active: map[int64]lastRecord{}}
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
	f.segs = append(f.segs, cleanSegment{base: base, size: int64(len(data)), next: next})
}

func (f *cleanFixture) run(o CleanOptions, cfg *Config, dirty int64) (CleanStats, error) {
	c := &cleanRun{
		fs: f.fs, dir: f.dir, src: f, opts: o, cfg: cfg, segs: slices.Clone(f.segs), firstDirty: dirty,
		upperBound: f.segs[len(f.segs)-1].next,
	}
	return c.run()
}

func (f *cleanFixture) clean(nowMs int64) CleanStats {
	f.t.Helper()
	stats, err := f.run(CleanOptions{NowMs: nowMs}, DefaultConfig(), f.segs[0].base)
	if err != nil {
		f.t.Fatal(err)
	}
	return stats
}

// batches reads all segments back.
func (f *cleanFixture) batches() (out []record.Batch) {
	f.t.Helper()
	for _, s := range f.segs {
		data, err := vfs.ReadFile(f.fs, filepath.Join(f.dir, segfile.OffsetName(s.base)+segfile.LogSuffix))
		if err != nil || int64(len(data)) != s.size {
			f.t.Fatal(len(data), s.size, err)
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

// lines shows batches as text: header facts, then offset:key=value of each record.
func lines(t *testing.T, batches []record.Batch) (out []string) {
	t.Helper()
	for _, b := range batches {
		horizon, _ := b.DeleteHorizon()
		s := fmt.Sprintf("[%d-%d", b.BaseOffset(), b.LastOffset())
		if b.HasProducerID() {
			s += fmt.Sprintf(" p%d/%d s%d", b.ProducerID(), b.ProducerEpoch(), b.BaseSequence())
		}
		if b.IsControl() {
			s += " control"
		}
		if horizon >= 0 {
			s += fmt.Sprintf(" horizon=%d", horizon)
		}
		s += "]"
		var r record.Reader
		for r.Reset(b, record.Limits{}); r.Next(); {
			rec := r.Record()
			switch {
			case b.IsControl():
				s += fmt.Sprintf(" %d:%d", rec.Offset, rec.Key[3])
			case rec.Value == nil:
				s += fmt.Sprintf(" %d:%s", rec.Offset, rec.Key)
			default:
				s += fmt.Sprintf(" %d:%s=%s", rec.Offset, rec.Key, rec.Value)
			}
		}
		if r.Err() != nil {
			t.Fatal(r.Err())
		}
		out = append(out, s)
	}
	return out
}

func expectLines(t *testing.T, batches []record.Batch, want ...string) {
	t.Helper()
	if got := lines(t, batches); !slices.Equal(got, want) {
		t.Fatalf("log is\n  %s\nwant\n  %s", strings.Join(got, "\n  "), strings.Join(want, "\n  "))
	}
}

// keyed makes a batch of "key=value" or "key" (a tombstone) texts.
func keyed(t *testing.T, o record.BuilderOptions, records ...string) record.Batch {
	t.Helper()
	b := record.NewBuilder(o)
	for i, r := range records {
		key, value, found := strings.Cut(r, "=")
		v := []byte(value)
		if !found {
			v = nil
		}
		if err := b.Append(o.BaseOffset+int64(i), 1000+o.BaseOffset, []byte(key), v, []record.Header{{Key: []byte("h"), Value: []byte("x")}}); err != nil {
			t.Fatal(err)
		}
	}
	out, err := b.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	return slices.Clone(out)
}

func at(offset int64) record.BuilderOptions { return record.BuilderOptions{BaseOffset: offset} }
