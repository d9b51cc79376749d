package quorum

import (
	"fmt"
	"slices"

	"github.com/gregorhq/gregor/vfs"
)

// CheckDirs refuses directories that are one and the same, and directories inside of a log
// directory. What is in a log directory is taken for partitions.
func CheckDirs(fsys vfs.FS, logDirs []string, metadataDir string) error {
	for i, dir := range logDirs {
		for _, other := range logDirs[:i] {
			if same, _ := vfs.Inside(fsys, dir, other); same {
				return fmt.Errorf("log.dirs names one directory twice, as %s and as %s: remove one of them", other, dir)
			}
		}
		for _, other := range logDirs {
			if _, inside := vfs.Inside(fsys, dir, other); inside {
				return fmt.Errorf("the log directory %s is inside of the log directory %s, where only partitions may be: "+
					"move it out, or remove one of them from log.dirs", dir, other)
			}
		}
		if slices.Contains(logDirs, metadataDir) {
			continue
		}
		switch same, inside := vfs.Inside(fsys, metadataDir, dir); {
		case same:
			return fmt.Errorf("metadata.log.dir and log.dirs name one directory as %s and as %s: write it the same way in both", metadataDir, dir)
		case inside:
			return fmt.Errorf("metadata.log.dir (%s) is inside of the log directory %s, where only partitions may be: choose a directory outside", metadataDir, dir)
		}
	}
	return nil
}
