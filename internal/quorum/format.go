package quorum

import (
	"errors"
	"fmt"
	"path/filepath"
	"slices"

	"github.com/gregorhq/gregor/internal/metadata"
	"github.com/gregorhq/gregor/internal/protocol/wire"
	"github.com/gregorhq/gregor/storage"
	"github.com/gregorhq/gregor/vfs"
)

// FormatOptions are the options of Format (kafka-storage format).
type FormatOptions struct {
	FS vfs.FS
	// MetadataDir is metadata.log.dir.
	MetadataDir string
	// LogDirs are log.dirs; MetadataDir may be among them.
	LogDirs   []string
	NodeID    int32
	ClusterID string
	// Observer says that the node is no controller. It needs no bootstrap checkpoint.
	Observer bool
	// Standalone writes a voter set of one, this node, into the bootstrap checkpoint (kraft.version
	// 1, KIP-853), and Voters writes these voters. NoVoters writes kraft.version 1 alone: the node
	// learns the voters from another one. Without any of them the voters are those of
	// controller.quorum.voters (kraft.version 0).
	Standalone, NoVoters bool
	// The metadata directory of a node among Voters gets the directory id that they name.
	Voters []Voter
	// ControllerEndpoints are this node's controller listeners, for Standalone.
	ControllerEndpoints []metadata.Endpoint
	// Features replaces the default levels of features by name.
	Features map[string]int16
	// IgnoreFormatted leaves directories alone that are formatted already; without it they are an
	// error.
	IgnoreFormatted bool
	// NewUUID draws directory ids.
	NewUUID func() wire.UUID
	// NowMs is the wall clock in milliseconds.
	NowMs int64
}

// ErrFormatted means that a directory is formatted already.
var ErrFormatted = errors.New("quorum: the directory is formatted already")

// Format writes meta.properties to every directory that has none, and the bootstrap checkpoint to
// the metadata directory, like kafka-storage of Apache Kafka 4.4. It returns the directories that
// it wrote to. It writes meta.properties last, so that a directory counts as not formatted after a
// crash. It begins with the metadata directory: a metadata directory that is not formatted beside
// formatted ones has lost its data.
func Format(o FormatOptions) (formatted []string, err error) {
	dirs := []string{o.MetadataDir}
	for _, dir := range o.LogDirs {
		if dir != o.MetadataDir {
			dirs = append(dirs, dir)
		}
	}
	todo := map[string]wire.UUID{}
	for _, dir := range dirs {
		p, ok, err := storage.ReadMetaProperties(o.FS, dir)
		switch {
		case err != nil:
			return nil, err
		case !ok:
			todo[dir] = o.directoryID(dir)
			continue
		case p.ClusterID != o.ClusterID:
			return nil, fmt.Errorf("quorum: %s belongs to cluster %s, not %s", dir, p.ClusterID, o.ClusterID)
		case p.NodeID != o.NodeID:
			return nil, fmt.Errorf("quorum: %s belongs to node %d, not %d", dir, p.NodeID, o.NodeID)
		case !o.IgnoreFormatted:
			return nil, fmt.Errorf("%w: %s", ErrFormatted, dir)
		}
	}
	for _, dir := range dirs {
		id, ok := todo[dir]
		if !ok {
			continue
		}
		if err := o.formatOne(dir, id); err != nil {
			return formatted, err
		}
		formatted = append(formatted, dir)
	}
	return formatted, nil
}

// directoryID returns the id of a new directory.
func (o *FormatOptions) directoryID(dir string) wire.UUID {
	for _, v := range o.Voters {
		if dir == o.MetadataDir && v.ID == o.NodeID {
			return v.DirectoryID
		}
	}
	return o.NewUUID()
}

func (o *FormatOptions) formatOne(dir string, id wire.UUID) error {
	if err := vfs.MakeDir(o.FS, dir); err != nil {
		return err
	}
	if dir == o.MetadataDir && !o.Observer {
		if err := o.writeBootstrap(id); err != nil {
			return err
		}
	}
	return storage.WriteMetaProperties(o.FS, dir, storage.MetaProperties{ClusterID: o.ClusterID, NodeID: o.NodeID, DirectoryID: id})
}

func (o *FormatOptions) writeBootstrap(directory wire.UUID) error {
	dir := filepath.Join(o.MetadataDir, Folder)
	if err := vfs.MakeDir(o.FS, dir); err != nil {
		return err
	}
	c := checkpoint{id: bootstrapID, lastContainedMs: o.NowMs}
	switch {
	case o.Standalone:
		c.voters = voterState{KRaftVersion: 1, Voters: []Voter{{ID: o.NodeID, DirectoryID: directory, Endpoints: o.ControllerEndpoints, MaxVersion: 1}}}
	case o.NoVoters, len(o.Voters) > 0:
		c.voters = voterState{KRaftVersion: 1, Voters: o.Voters}
	}
	records := defaultBootstrap(o.Features)
	version := levelsOf(records)[metadata.FeatureMetadataVersion]
	_, err := writeCheckpoint(o.FS, dir, c, slices.Values(records), version, o.NowMs)
	return err
}
