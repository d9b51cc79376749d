package broker

import (
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"

	"github.com/gregorhq/gregor/internal/host"
	"github.com/gregorhq/gregor/internal/protocol/wire"
	"github.com/gregorhq/gregor/internal/quorum"
	"github.com/gregorhq/gregor/storage"
	"github.com/gregorhq/gregor/vfs"
)

// dirState is the state of a configured directory before the start.
type dirState int8

const (
	// dirUnusable is a directory that cannot be read. The log manager takes it offline, or the
	// start fails.
	dirUnusable dirState = iota
	dirFormatted
	// dirAbsent is a directory that does not exist.
	dirAbsent
	// dirNew is a directory that gregor has created, but not yet formatted.
	dirNew
	// dirEmpty is a directory that exists and holds none of a log directory's files. It may be the
	// mount point of a disk that is not mounted.
	dirEmpty
	// dirStripped is a directory with partitions, but without meta.properties.
	dirStripped
)

// newDirMarker is a file in a directory that gregor has created and not formatted yet. gregor
// formats only such a directory, or an absent one, without being asked. Any other directory without
// meta.properties may stand in the place of one with data.
const newDirMarker = ".unformatted"

// checkDirs decides which directories without meta.properties the node may format, and creates the
// absent ones. It refuses the start when this node may have had data in such a directory.
func (n *Node) checkDirs() error {
	cfg, fsys := n.opts.Config, n.opts.FS
	if err := quorum.CheckDirs(fsys, cfg.LogDirs(), cfg.MetadataLogDir()); err != nil {
		return err
	}
	if err := quorum.CheckPlace(fsys, cfg.LogDirs(), cfg.MetadataLogDir()); err != nil {
		return err
	}
	dirs := slices.Clone(cfg.LogDirs())
	if meta := cfg.MetadataLogDir(); !slices.Contains(dirs, meta) {
		dirs = append(dirs, meta)
	}
	states := make([]dirState, len(dirs))
	var formatted []storage.MetaProperties
	open := 0
	for i, dir := range dirs {
		var p storage.MetaProperties
		var err error
		if states[i], p, err = inspectDir(fsys, dir); err != nil {
			return err
		}
		if states[i] == dirFormatted {
			formatted = append(formatted, p)
		} else if states[i] != dirUnusable {
			open++
		}
	}
	if open == 0 {
		return nil
	}
	missing, err := n.missingDirs(formatted)
	if err != nil {
		return err
	}
	for i, dir := range dirs {
		if err := n.mayFormat(dir, states[i], formatted, missing); err != nil {
			return err
		}
	}
	for i, dir := range dirs {
		if states[i] != dirAbsent {
			continue
		}
		// The log manager meets any other error, too, and takes the directory offline.
		if err := lack(dir, createDir(fsys, dir, n.host)); err != nil {
			return err
		}
	}
	return nil
}

// lack returns err if it is a lack of file descriptors, which says nothing about the directory and
// refuses the start. It returns nil for any other error.
func lack(dir string, err error) error {
	if storage.Classify(err) != storage.ClassRetry {
		return nil
	}
	return fmt.Errorf("cannot open the log directory %s, raise the limit of open files (ulimit -n): %w", dir, err)
}

// inspectDir returns the state of a directory, and its meta.properties if it is formatted. The
// error is the one of lack.
func inspectDir(fsys vfs.FS, dir string) (dirState, storage.MetaProperties, error) {
	entries, err := fsys.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return dirAbsent, storage.MetaProperties{}, nil
	}
	if err != nil {
		return dirUnusable, storage.MetaProperties{}, lack(dir, err)
	}
	p, ok, err := storage.ReadMetaProperties(fsys, dir)
	switch {
	case ok:
		return dirFormatted, p, nil
	case err != nil:
		return dirUnusable, p, lack(dir, err)
	}
	state := dirEmpty
	for _, e := range entries {
		_, _, _, partition := storage.ParsePartitionDir(e.Name())
		switch {
		case e.Name() == newDirMarker:
			return dirNew, p, nil
		case partition && holdsPartition(fsys, filepath.Join(dir, e.Name())):
			state = dirStripped
		}
	}
	return state, p, nil
}

// holdsPartition is storage.HoldsPartition, and true for a folder that cannot be read. Formatting
// leaves a folder of the metadata log without a segment.
func holdsPartition(fsys vfs.FS, folder string) bool {
	holds, err := storage.HoldsPartition(fsys, folder)
	return holds || err != nil
}

// seen says what an unformatted directory holds.
func seen(fsys vfs.FS, dir string) string {
	entries, err := fsys.ReadDir(dir)
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	switch {
	case err != nil || len(names) == 0:
		return "exists and is empty"
	case len(names) == 1 && names[0] == "lost+found":
		return "is a file system without data (it holds only lost+found)"
	case len(names) > maxSeen:
		names = append(names[:maxSeen], "...")
	}
	return "exists and holds no files of a log directory (it holds " + strings.Join(names, ", ") + ")"
}

// maxSeen bounds the names that seen lists.
const maxSeen = 3

// missingDirs returns the directories that this node had according to the metadata log, but that
// none of the formatted directories is.
func (n *Node) missingDirs(formatted []storage.MetaProperties) ([]wire.UUID, error) {
	if state, _, err := inspectDir(n.opts.FS, n.opts.Config.MetadataLogDir()); err != nil || state != dirFormatted {
		return nil, err
	}
	known, err := quorum.KnownDirectories(n.opts.FS, n.opts.Config.MetadataLogDir(), n.id)
	return slices.DeleteFunc(known, func(id wire.UUID) bool {
		return slices.ContainsFunc(formatted, func(p storage.MetaProperties) bool { return wire.UUID(p.DirectoryID) == id })
	}), err
}

// mayFormat refuses to format a directory that may stand in the place of one with data. The
// beginnings of its texts are Kafka's.
func (n *Node) mayFormat(dir string, state dirState, formatted []storage.MetaProperties, missing []wire.UUID) error {
	if state == dirUnusable || state == dirFormatted {
		return nil
	}
	text := "No readable meta.properties files found."
	if len(formatted) > 0 {
		text = fmt.Sprintf("No `meta.properties` found in %s (have you run `kafka-storage.sh` to format the directory?).", dir)
	}
	switch {
	case state == dirStripped && dir == n.opts.Config.MetadataLogDir():
		return fmt.Errorf("%s %s holds partitions, but no meta.properties: if its disk is not mounted, mount it; otherwise put that file back, or set metadata.log.dir to another directory", text, dir)
	case len(formatted) > 0 && dir == n.opts.Config.MetadataLogDir():
		return fmt.Errorf("%s %s is the directory of the metadata log, and other log directories belong to cluster %s: "+
			"mount its disk, or set metadata.log.dir to the directory that holds %s (without it that is the first of log.dirs)", text, dir, formatted[0].ClusterID, quorum.Folder)
	case len(missing) > 0:
		return fmt.Errorf("%s This node has had a log directory with id %s, which is not among log.dirs now, so the disk of %s may not be mounted: "+
			"mount it; if its data is lost for good, format a new disk with kafka-storage format --ignore-formatted --cluster-id %s", text, missing[0], dir, formatted[0].ClusterID)
	case state == dirStripped:
		return fmt.Errorf("%s %s holds partitions, but no meta.properties: if its disk is not mounted, mount it; otherwise put that file back", text, dir)
	case state == dirEmpty && !n.opts.Config.Bool("storage.format.on.start"):
		return fmt.Errorf("%s %s %s, so its disk may not be mounted: "+
			"mount it, or start with --format (storage.format.on.start=true), which formats new directories", text, dir, seen(n.opts.FS, dir))
	}
	return nil
}

// createDir creates a directory with newDirMarker in it. The directory never exists without the
// marker.
func createDir(fsys vfs.FS, dir string, r host.Random) error {
	id := host.UUID(r)
	temp := strings.TrimRight(dir, string(filepath.Separator)) + fmt.Sprintf(".%x", id[:8])
	if err := vfs.MakeDir(fsys, temp); err != nil {
		return err
	}
	if err := vfs.WriteFileAtomic(fsys, filepath.Join(temp, newDirMarker), []byte("gregor created this directory and has not formatted it yet\n")); err != nil {
		return errors.Join(err, fsys.RemoveAll(temp))
	}
	if err := fsys.Rename(temp, dir); err != nil {
		return errors.Join(err, fsys.RemoveAll(temp))
	}
	return fsys.SyncDir(filepath.Dir(dir))
}

// removeMarkers removes newDirMarker from the formatted directories.
func (n *Node) removeMarkers() error {
	for _, dir := range n.dirs() {
		err := n.opts.FS.Remove(filepath.Join(dir, newDirMarker))
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return nil
}
