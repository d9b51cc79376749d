package segfile

import (
	"errors"
	"io/fs"
	"path/filepath"

	"github.com/gregorhq/gregor/vfs"
)

// Suffixes that files of a segment carry while compaction replaces it, and after it was deleted.
const (
	CleanedSuffix = ".cleaned"
	SwapSuffix    = ".swap"
	DeletedSuffix = ".deleted"
)

// SegmentSuffixes are the files of one segment. The log comes last, so that a .log.swap implies the
// other files.
var SegmentSuffixes = [...]string{IndexSuffix, TimeIndexSuffix, TxnIndexSuffix, LogSuffix}

// RenameSuffix renames those files of a segment that exist.
func RenameSuffix(fsys vfs.FS, dir string, base int64, from, to string) error {
	for _, suffix := range SegmentSuffixes {
		name := OffsetName(base) + suffix
		if err := fsys.Rename(filepath.Join(dir, name+from), filepath.Join(dir, name+to)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return nil
}

// RemoveSuffixed removes the files of a segment that end in suffix.
func RemoveSuffixed(fsys vfs.FS, dir string, base int64, suffix string) error {
	for _, s := range SegmentSuffixes {
		if err := RemoveIfThere(fsys, filepath.Join(dir, OffsetName(base)+s+suffix)); err != nil {
			return err
		}
	}
	return nil
}

func RemoveIfThere(fsys vfs.FS, name string) error {
	if err := fsys.Remove(name); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}
