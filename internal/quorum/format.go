package quorum

import (
	"github.com/gregorhq/gregor/internal/metadata"
	"github.com/gregorhq/gregor/internal/protocol/wire"
	"github.com/gregorhq/gregor/vfs"
)

// FormatOptions says how to format log directories (kafka-storage format).
type FormatOptions struct {
	FS vfs.FS
	// MetadataDir is metadata.log.dir.
	MetadataDir string
	// LogDirs are log.dirs; MetadataDir may be among them.
	LogDirs   []string
	NodeID    int32
	ClusterID string
	// Standalone writes the voter set of one, this node, into the bootstrap checkpoint (kraft.version 1).
	// Otherwise the voters are those of controller.quorum.voters (kraft.version 0).
	Standalone bool
	// ControllerEndpoints are this node's controller listeners, for Standalone.
	ControllerEndpoints []metadata.Endpoint
	// Features overrides the default level of features by name.
	Features map[string]int16
	// IgnoreFormatted leaves directories alone that are formatted already.
	IgnoreFormatted bool
	// NewUUID draws directory ids.
	NewUUID func() wire.UUID
	// NowMs is the wall clock in milliseconds.
	NowMs int64
}
