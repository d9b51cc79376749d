package storage

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/gregorhq/gregor/storage/internal/checkpoint"
	"github.com/gregorhq/gregor/storage/internal/segfile"
)

// Each kind of error has one class, and only errors of the disk become a *StorageError.
func TestErrorsAreClassifiedOnce(t *testing.T) {
	path := func(err error) error { return &os.PathError{Op: "open", Path: "x", Err: err} }
	for _, c := range []struct {
		err  error
		want Class
	}{
		{nil, ClassNone},
		{ErrOffsetOutOfRange, ClassRefused},
		{ErrClosed, ClassRefused},
		{&AppendError{Kind: ProducerRefused, Text: "x"}, ClassRefused},
		{fmt.Errorf("%w: %w", ErrCleanAborted, path(fs.ErrNotExist)), ClassRefused},
		{path(syscall.EMFILE), ClassRetry},
		{path(syscall.ENFILE), ClassRetry},
		{errors.Join(path(syscall.EMFILE), path(syscall.EIO)), ClassDisk},
		{&checkpoint.Error{Text: "x"}, ClassIndex},
		{&segfile.CorruptTxnIndexError{Text: "x"}, ClassIndex},
		{fmt.Errorf("%w: x", ErrCorruptSnapshot), ClassIndex},
		{fmt.Errorf("%w: x", ErrCorruptLog), ClassPartition},
		{fmt.Errorf("%w: x", ErrUncleanable), ClassPartition},
		{path(fs.ErrNotExist), ClassPartition},
		{ErrWrongTopic, ClassPartition},
		{path(syscall.EIO), ClassDisk},
		{path(syscall.ENOSPC), ClassDisk},
		{path(syscall.EROFS), ClassDisk},
		{path(syscall.EACCES), ClassDisk},
		{errors.New("unknown"), ClassDisk},
	} {
		err := wrap("read", "topic-0", c.err)
		if got := Classify(err); got != c.want {
			t.Errorf("%v: %v, want %v", err, got, c.want)
		}
		var se *StorageError
		if errors.As(err, &se) != (c.want == ClassDisk) {
			t.Errorf("%v: a *StorageError: %v", err, se != nil)
		}
		if !errors.Is(err, c.err) {
			t.Errorf("%v does not contain its cause", err)
		}
	}
}

// TestErrorNamesTheFolderOnce checks the text of a log's error, which operators read.
func TestErrorNamesTheFolderOnce(t *testing.T) {
	missing := &fs.PathError{Op: "open", Path: filepath.Join("d", "t-0", "00000000000000000000.log"), Err: fs.ErrNotExist}
	err := wrap("open", filepath.Join("d", "t-0"), missing)
	want := "storage: open in " + filepath.Join("d", "t-0") + ": file of the log is missing: open 00000000000000000000.log: file does not exist"
	if err.Error() != want || !errors.Is(err, ErrMissingFile) || !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("%v, want %s", err, want)
	}
}
