package broker

import (
	"log/slog"

	"github.com/gregorhq/gregor/internal/config"
	"github.com/gregorhq/gregor/vfs"
)

// Options say what a node is made of.
type Options struct {
	// Config is the node's static configuration.
	Config *config.Broker
	// FS holds its data; nil means the operating system's file system.
	FS vfs.FS
	// ClusterID names the cluster when the directories are formatted at the first start; empty means a random one. A
	// directory that belongs to another cluster is refused.
	ClusterID string
	// Logger makes the logger of a component ("broker", "quorum", "network", ...); nil logs nothing.
	Logger func(component string) *slog.Logger
}

func (o *Options) logger(component string) *slog.Logger {
	if o.Logger == nil {
		return slog.New(slog.DiscardHandler)
	}
	return o.Logger(component)
}
