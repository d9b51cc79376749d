package storage

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/gregorhq/gregor/internal/properties"
	"github.com/gregorhq/gregor/internal/uuid"
	"github.com/gregorhq/gregor/storage/internal/checkpoint"
	"github.com/gregorhq/gregor/vfs"
)

// Names of the files in the root of a log directory.
const (
	MetaPropertiesFile = "meta.properties"
	CleanShutdownFile  = ".kafka_cleanshutdown"
)

// MetaProperties is the content of meta.properties, version 1: it binds a log directory to a
// cluster and a node. The file has the format of java.util.Properties.
type MetaProperties struct {
	ClusterID string
	// NodeID is -1 when absent.
	NodeID int32
	// DirectoryID is zero when absent.
	DirectoryID [16]byte
	// ZooKeeper is true for a file of version 0: the directory belongs to a cluster that keeps its
	// metadata in ZooKeeper.
	ZooKeeper bool
}

// ReadMetaProperties reads dir/meta.properties, version 1 or 0 (broker.id). ok is false when there
// is no file. A malformed file gives a *CheckpointError.
func ReadMetaProperties(fsys vfs.FS, dir string) (p MetaProperties, ok bool, err error) {
	path := filepath.Join(dir, MetaPropertiesFile)
	data, err := checkpoint.ReadIfThere(fsys, path)
	if err != nil || data == nil {
		return MetaProperties{NodeID: -1}, false, err
	}
	p, err = ParseMetaProperties(path, data)
	return p, err == nil, err
}

// ParseMetaProperties reads the file's bytes; path is named in errors.
func ParseMetaProperties(path string, data []byte) (MetaProperties, error) {
	bad := func(format string, args ...any) (MetaProperties, error) {
		return MetaProperties{NodeID: -1}, &checkpoint.Error{Path: path, Text: fmt.Sprintf(format, args...) + " in " + path}
	}
	pairs, err := properties.Parse(data)
	if err != nil {
		return bad("%v", err)
	}
	fields := make(map[string]string, len(pairs))
	for _, p := range pairs {
		fields[p.Key] = p.Value
		if p.Key != "cluster.id" {
			fields[p.Key] = strings.TrimSpace(p.Value) // numbers and UUIDs, which an editor may have changed
		}
	}
	nodeKey := "node.id"
	switch v := fields["version"]; v {
	case "", "0":
		nodeKey = "broker.id"
	case "1":
	default:
		return bad("unknown meta.properties version %.40q", v)
	}
	p := MetaProperties{ClusterID: fields["cluster.id"], NodeID: -1, ZooKeeper: nodeKey == "broker.id"}
	if s, found := fields[nodeKey]; found {
		n, err := strconv.ParseInt(s, 10, 32)
		if err != nil {
			return bad("unable to read %s %.40q as a base-10 number", nodeKey, s)
		}
		p.NodeID = int32(n)
	}
	if s, found := fields["directory.id"]; found {
		id, err := uuid.Parse(s)
		if err != nil {
			return bad("unable to read directory.id %.60q as a UUID", s)
		}
		p.DirectoryID = id
	}
	return p, nil
}

// WriteMetaProperties writes dir/meta.properties, version 1, atomically and synced.
func WriteMetaProperties(fsys vfs.FS, dir string, p MetaProperties) error {
	var b []byte
	if p.ClusterID != "" {
		b = properties.Append(b, "cluster.id", p.ClusterID)
	}
	if p.DirectoryID != [16]byte{} {
		b = properties.Append(b, "directory.id", uuid.Format(p.DirectoryID))
	}
	if p.NodeID != -1 {
		b = properties.Append(b, "node.id", strconv.Itoa(int(p.NodeID)))
	}
	return vfs.WriteFileAtomic(fsys, filepath.Join(dir, MetaPropertiesFile), properties.Append(b, "version", "1"))
}

// ReadCleanShutdown reads dir/.kafka_cleanshutdown and leaves it there. ok is true when the marker
// exists. brokerEpoch is -1 when the marker names none or cannot be parsed; Kafka takes that for a
// clean stop, too.
func ReadCleanShutdown(fsys vfs.FS, dir string) (brokerEpoch int64, ok bool, err error) {
	data, err := vfs.ReadFile(fsys, filepath.Join(dir, CleanShutdownFile))
	if errors.Is(err, fs.ErrNotExist) {
		return -1, false, nil
	}
	if err != nil {
		return -1, false, err
	}
	var content struct{ BrokerEpoch *int64 }
	if json.Unmarshal(data, &content) == nil && content.BrokerEpoch != nil {
		return *content.BrokerEpoch, true, nil
	}
	return -1, true, nil
}

// ownMarker begins the marker that gregor writes. Apache Kafka reads it, and writes no blanks.
const ownMarker = `{"version": 0, "brokerEpoch": `

// WriteCleanShutdown writes the marker of a clean stop, atomically and synced.
func WriteCleanShutdown(fsys vfs.FS, dir string, brokerEpoch int64) error {
	return vfs.WriteFileAtomic(fsys, filepath.Join(dir, CleanShutdownFile), fmt.Appendf(nil, ownMarker+"%d}", brokerEpoch))
}

// OwnCleanShutdown reports whether gregor has written the marker in dir. Then no other broker has
// changed the logs since the stop.
func OwnCleanShutdown(fsys vfs.FS, dir string) (bool, error) {
	data, err := vfs.ReadFile(fsys, filepath.Join(dir, CleanShutdownFile))
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	return bytes.HasPrefix(data, []byte(ownMarker)), err
}

// RemoveCleanShutdown removes the marker and syncs the directory, so that a crash from now on
// counts as one.
func RemoveCleanShutdown(fsys vfs.FS, dir string) error {
	err := fsys.Remove(filepath.Join(dir, CleanShutdownFile))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	return fsys.SyncDir(dir)
}
