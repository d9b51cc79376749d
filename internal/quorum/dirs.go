package quorum

import (
	"path/filepath"

	"github.com/gregorhq/gregor/vfs"
)

// makeDir makes a folder and its parents, durably: every new name is synced in the folder that holds it.
func makeDir(fsys vfs.FS, dir string) error {
	var holders []string
	for at := filepath.Clean(dir); !vfs.Exists(fsys, at); at = filepath.Dir(at) {
		holders = append(holders, filepath.Dir(at))
	}
	if err := fsys.MkdirAll(dir, vfs.DirPerm); err != nil {
		return err
	}
	for _, holder := range holders {
		if err := fsys.SyncDir(holder); err != nil {
			return err
		}
	}
	return nil
}
