package compact

import (
	"errors"
	"io/fs"
	"math"
	"path/filepath"
	"slices"
	"strings"

	"github.com/gregorhq/gregor/storage/internal/segfile"
	"github.com/gregorhq/gregor/vfs"
)

// CommitCleaned does step 2 of a replacement. When it succeeds the replacement is decided: it
// survives any crash.
//
// A cleaned segment takes the place of others in these steps (Kafka's):
//
// 1. The cleaner writes the new files as .cleaned, syncs them, and syncs the folder. 2. It renames
// them to .swap. Once these names are durable the replacement is decided. 3. It renames the old
// files to .deleted. 4. It drops .swap from the new names.
//
// A crash before the end of step 2 leaves a .cleaned file: opening the log removes all new files of
// that segment. After step 2, opening the log completes the rest. Each step's names are synced
// before the next step, because a power cut may keep later renames without earlier ones.
//
// Opening the log finds the old segments of a decided replacement by the offsets in the .swap file.
// The last old segments of a group may have no record there. These segments go first in step 3, in
// ascending order, and the folder is synced after each: if a power cut kept an older one without a
// newer one, a deleted key would come back without its tombstone.
func CommitCleaned(fsys vfs.FS, dir string, base int64) error {
	if err := segfile.RenameSuffix(fsys, dir, base, segfile.CleanedSuffix, segfile.SwapSuffix); err != nil {
		return err
	}
	return fsys.SyncDir(dir)
}

// RecoverSwaps finishes or undoes replacements of segments that a crash interrupted (Kafka's
// LogLoader). Call it when a log is opened, before its segments are listed. Afterwards dir holds no
// .cleaned, .swap or .deleted file. It can itself be interrupted anywhere.
func RecoverSwaps(fsys vfs.FS, dir string) error {
	entries, err := fsys.ReadDir(dir)
	if err != nil {
		return err
	}
	l := leftovers{fs: fsys, dir: dir, minCleaned: math.MaxInt64}
	for _, e := range entries {
		l.sort(e.Name())
	}
	if len(l.cleaned)+len(l.swap)+len(l.deleted) == 0 {
		return nil
	}
	if err := l.undo(); err != nil {
		return err
	}
	return l.finish()
}

// leftovers are the files of interrupted replacements.
type leftovers struct {
	fs                              vfs.FS
	dir                             string
	cleaned, swap, deleted, regular []string
	// minCleaned is the lowest base offset of a .cleaned file: .swap files from there on belong to
	// a replacement that was not decided yet (KAFKA-6264).
	minCleaned int64
	// covered are the offsets of the decided replacements.
	covered []offsetRange
}

type offsetRange struct{ from, to int64 }

// covers reports whether the regular segment at base is one that a replacement stands for. A range
// may be empty.
func (l *leftovers) covers(base int64) bool {
	return slices.ContainsFunc(l.covered, func(r offsetRange) bool { return base == r.from || base > r.from && base < r.to })
}

func (l *leftovers) sort(name string) {
	base, suffix, ok := segfile.ParseOffsetName(name)
	switch {
	case strings.HasSuffix(name, segfile.DeletedSuffix):
		l.deleted = append(l.deleted, name)
	case !ok:
	case strings.HasSuffix(suffix, segfile.CleanedSuffix):
		l.cleaned = append(l.cleaned, name)
		l.minCleaned = min(l.minCleaned, base)
	case strings.HasSuffix(suffix, segfile.SwapSuffix):
		l.swap = append(l.swap, name)
	case slices.Contains(segfile.SegmentSuffixes[:], suffix):
		l.regular = append(l.regular, name)
	}
}

// undo removes the files of an undecided swap. It removes the .swap files first: without a .cleaned
// file they would look decided.
func (l *leftovers) undo() error {
	kept := l.swap[:0]
	removed := false
	for _, name := range l.swap {
		if base, _, _ := segfile.ParseOffsetName(name); base < l.minCleaned {
			kept = append(kept, name)
			continue
		}
		removed = true
		if err := l.remove(name); err != nil {
			return err
		}
	}
	l.swap = kept
	if removed {
		if err := l.fs.SyncDir(l.dir); err != nil {
			return err
		}
	}
	for _, name := range append(l.cleaned, l.deleted...) {
		if err := l.remove(name); err != nil {
			return err
		}
	}
	return l.fs.SyncDir(l.dir)
}

func (l *leftovers) remove(name string) error {
	return segfile.RemoveIfThere(l.fs, filepath.Join(l.dir, name))
}

// finish removes the segments that decided replacements cover, then gives the new files their
// names.
func (l *leftovers) finish() error {
	if len(l.swap) == 0 {
		return nil
	}
	for _, name := range l.swap {
		if base, suffix, _ := segfile.ParseOffsetName(name); suffix == segfile.LogSuffix+segfile.SwapSuffix {
			next, err := nextOffsetOf(l.fs, filepath.Join(l.dir, name), base)
			if err != nil {
				return err
			}
			l.covered = append(l.covered, offsetRange{base, next})
		}
	}
	for _, name := range l.regular {
		if base, _, _ := segfile.ParseOffsetName(name); l.covers(base) {
			if err := l.remove(name); err != nil {
				return err
			}
		}
	}
	if err := l.fs.SyncDir(l.dir); err != nil {
		return err
	}
	for _, name := range l.swap {
		path := filepath.Join(l.dir, name)
		if err := l.fs.Rename(path, strings.TrimSuffix(path, segfile.SwapSuffix)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return l.fs.SyncDir(l.dir)
}

// nextOffsetOf is the offset after the last batch of a .log file; base if it has none.
func nextOffsetOf(fsys vfs.FS, path string, base int64) (int64, error) {
	f, err := vfs.Open(fsys, path)
	if err != nil {
		return 0, err
	}
	defer f.Close()
	size, err := f.Size()
	if err != nil {
		return 0, err
	}
	s := segfile.Scan(f, 0, size)
	defer s.Done()
	for s.Next() {
		base = max(base, s.Head.Next())
	}
	return base, s.Err
}
