package compact

import (
	"errors"
	"fmt"
	"math"
	"path/filepath"

	"github.com/gregorhq/gregor/record"
	"github.com/gregorhq/gregor/storage/internal/segfile"
	"github.com/gregorhq/gregor/vfs"
)

// Writer writes the files of a cleaned segment, all ending in .cleaned.
//
// Durability: finish syncs every file and then the directory, so that the files are complete before
// a rename makes them part of the log. The .log file stays open: the segment that takes it over
// needs no descriptor of its own.
type Writer struct {
	fs       vfs.FS
	dir      string
	Base     int64
	File     vfs.File
	buf      []byte
	flushed  int64 // bytes in the file
	Size     int64 // bytes in the file and in buf
	Next     int64 // offset after the last batch; base without one
	Index    *segfile.Builder
	Txns     *segfile.TxnIndex
	throttle func(int)
}

func cleanedPath(dir string, base int64, suffix string) string {
	return filepath.Join(dir, segfile.OffsetName(base)+suffix+segfile.CleanedSuffix)
}

func newWriter(fs vfs.FS, dir string, base, interval int64, o *Options) (*Writer, error) {
	f, err := vfs.Create(fs, cleanedPath(dir, base, segfile.LogSuffix))
	if err != nil {
		return nil, err
	}
	return &Writer{
		fs: fs, dir: dir, Base: base, Next: base, File: f, Index: segfile.NewBuilder(base, interval), throttle: o.Throttle,
		buf: make([]byte, 0, o.IOBytes), Txns: segfile.OpenTxnIndex(fs, cleanedPath(dir, base, segfile.TxnIndexSuffix), base),
	}, nil
}

func (w *Writer) write(b record.Batch) error {
	if w.Size+int64(len(b)) > math.MaxInt32 {
		return fmt.Errorf("%w: rewritten, the segment at %d in %s passes 2 GiB", ErrUncleanable, w.Base, w.dir)
	}
	var h segfile.Head
	if !segfile.ParseHead(b, &h) {
		return fmt.Errorf("%w: no batch was made for the segment at %d in %s", ErrUncleanable, w.Base, w.dir)
	}
	h.Pos = w.Size
	w.Index.Add(&h)
	if len(w.buf) > 0 && len(w.buf)+len(b) > cap(w.buf) {
		if err := w.flush(); err != nil {
			return err
		}
	}
	w.Size, w.Next = w.Size+int64(len(b)), h.Next()
	w.buf = append(w.buf, b...)
	return nil
}

func (w *Writer) flush() error {
	if len(w.buf) == 0 {
		return nil
	}
	if _, err := w.File.WriteAt(w.buf, w.flushed); err != nil {
		return err
	}
	w.flushed += int64(len(w.buf))
	w.throttle(len(w.buf))
	w.buf = w.buf[:0]
	return nil
}

// finish makes all files complete and durable.
func (w *Writer) finish() error {
	err := w.flush()
	if err == nil {
		err = w.File.Sync()
	}
	if err != nil {
		return err
	}
	x := w.Index
	x.X.AddTime(x.MaxTs, int32(x.MaxTsOffset-x.Base))
	if err := vfs.WriteFileSync(w.fs, cleanedPath(w.dir, w.Base, segfile.IndexSuffix), x.X.Offsets.Encode(nil)); err != nil {
		return err
	}
	if err := vfs.WriteFileSync(w.fs, cleanedPath(w.dir, w.Base, segfile.TimeIndexSuffix), x.X.Times.Encode(nil)); err != nil {
		return err
	}
	if err := w.Txns.Sync(); err != nil {
		return err
	}
	return w.fs.SyncDir(w.dir)
}

// Abandon closes and removes the files.
func (w *Writer) Abandon() error {
	return errors.Join(w.File.Close(), segfile.RemoveSuffixed(w.fs, w.dir, w.Base, segfile.CleanedSuffix))
}
