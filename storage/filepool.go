package storage

import (
	"github.com/gregorhq/gregor/storage/internal/filepool"
	"github.com/gregorhq/gregor/storage/internal/segfile"
	"github.com/gregorhq/gregor/vfs"
)

// FilePool bounds the open .log files of all logs that share it, and keeps files open and indexes
// in memory between uses. An idle partition holds neither. The bound counts every open file, also
// those of answers that are being sent. When the pool is full and all files are in use, a read
// copies its bytes, and its file closes at once. FilePool has no goroutine: its owner calls Sweep
// from time to time. It is safe for concurrent use.
type FilePool struct{ files *filepool.Pool }

// NewFilePool returns a pool that keeps at most maxOpen files open. A read or an append may hold
// one file more for a moment.
func NewFilePool(maxOpen int) *FilePool { return &FilePool{filepool.New(maxOpen)} }

// Sweep closes the files and drops the indexes that were not used since the last Sweep. It writes
// out what index files lack. It syncs a file with unsynced writes, and the next Sweep closes the
// file. Call it every few minutes.
func (p *FilePool) Sweep() { p.files.Sweep() }

// OpenFiles is the number of open .log files.
func (p *FilePool) OpenFiles() int { return p.files.OpenFiles() }

// WithDescriptors returns fsys with one difference: when the process has no file descriptor left, a
// call that opens a file makes the pool close the files that it keeps for later use, and opens the
// file then. Open gives every log such a file system. The owner of a log directory uses it for the
// directory's own files.
func (p *FilePool) WithDescriptors(fsys vfs.FS) vfs.FS { return p.files.WithDescriptors(fsys) }

// Slice is a run of whole batches of ONE segment. It keeps the segment's file open, so that it
// stays readable while the segment is deleted or the log closed. A truncation makes reads short.
// When the FilePool is full it holds a copy of the bytes instead. The zero value is empty. A slice
// must be closed once. A copy of a slice shares that duty.
//
// Its methods are Size, Intact, ReadAt, ReadInto, SendTo, WriteTo and Close.
type Slice = filepool.Slice

// SendfileMin is the size in bytes from which Slice.WriteTo uses sendfile(2): below it, one read
// into a buffer that goes out together with the head of the response is cheaper.
const SendfileMin = filepool.SendfileMin

// OpenFile implements filepool.Owner.
func (s *segment) OpenFile(flag int) (vfs.File, error) {
	path := s.path(segfile.LogSuffix)
	f, err := s.log.fs.OpenFile(path, flag, vfs.FilePerm)
	if err != nil && (s.gone.Load() || notExist(err) && (s.log.moving.Load() || path != s.path(segfile.LogSuffix))) {
		return nil, ErrClosed // the name was taken away, not the file
	}
	return f, err
}

// Gone implements filepool.Owner.
func (s *segment) Gone() error {
	if s.gone.Load() {
		return ErrClosed
	}
	return nil
}

// SyncIdle implements filepool.Owner.
func (s *segment) SyncIdle(h *filepool.Handle) { s.log.syncIdle(h) }
