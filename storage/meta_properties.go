package storage

import "github.com/gregorhq/gregor/vfs"

// Names of the files in the root of a log directory.
const (
	MetaPropertiesFile = "meta.properties"
	CleanShutdownFile  = ".kafka_cleanshutdown"
)

// MetaProperties is meta.properties, version 1.
type MetaProperties struct {
	ClusterID string
	// NodeID is -1 when absent.
	NodeID int32
	// DirectoryID is zero when absent.
	DirectoryID [16]byte
}

// ReadMetaProperties reads dir/meta.properties; ok is false without a file. Version 0 (broker.id) is read too.
func ReadMetaProperties(fs vfs.FS, dir string) (p MetaProperties, ok bool, err error) {
	panic("filled in next")
}

// WriteMetaProperties writes dir/meta.properties atomically and synced.
func WriteMetaProperties(fs vfs.FS, dir string, p MetaProperties) error { panic("filled in next") }

// ReadCleanShutdown reads and keeps dir/.kafka_cleanshutdown: ok says that the marker is there; brokerEpoch is -1 when
// it says none.
func ReadCleanShutdown(fs vfs.FS, dir string) (brokerEpoch int64, ok bool, err error) {
	panic("filled in next")
}

// WriteCleanShutdown writes the marker of a clean stop, atomically and synced.
func WriteCleanShutdown(fs vfs.FS, dir string, brokerEpoch int64) error { panic("filled in next") }

// RemoveCleanShutdown removes the marker and syncs the directory: from now on a crash must be seen as one.
func RemoveCleanShutdown(fs vfs.FS, dir string) error { panic("filled in next") }
