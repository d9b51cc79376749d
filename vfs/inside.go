package vfs

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// Inside reports whether dir is the directory outer, or is inside of it: by their names, and, on
// the files of the operating system, by where symbolic links and bind mounts lead. The directories
// need not exist.
func Inside(fsys FS, dir, outer string) (same, inside bool) {
	d, o := absolute(dir), absolute(outer)
	if d == o {
		return true, false
	}
	if strings.HasPrefix(d, strings.TrimSuffix(o, string(filepath.Separator))+string(filepath.Separator)) {
		return false, true
	}
	target, err := fsys.Stat(outer)
	if err != nil {
		return false, false
	}
	at, info := existing(fsys, dir)
	if info != nil && at == dir && os.SameFile(info, target) {
		return true, false
	}
	for info != nil {
		if (at != dir) && os.SameFile(info, target) {
			return false, true
		}
		// Not filepath.Dir: the parent of a symbolic link is where it leads.
		at += string(filepath.Separator) + ".."
		parent, err := fsys.Stat(at)
		if err != nil || os.SameFile(parent, info) || len(at) > len(dir)+3*maxDepth {
			return false, false
		}
		info = parent
	}
	return false, false
}

// maxDepth bounds the parents that Inside looks at.
const maxDepth = 256

func absolute(dir string) string {
	if abs, err := filepath.Abs(dir); err == nil {
		return abs
	}
	return filepath.Clean(dir)
}

// existing returns dir, or the nearest parent by name that exists.
func existing(fsys FS, dir string) (string, fs.FileInfo) {
	for {
		if info, err := fsys.Stat(dir); err == nil {
			return dir, info
		}
		parent := filepath.Dir(dir)
		if parent == dir {
			return "", nil
		}
		dir = parent
	}
}
