package broker

import (
	"log/slog"

	"github.com/gregorhq/gregor/internal/config"
	"github.com/gregorhq/gregor/internal/host"
	"github.com/gregorhq/gregor/internal/telemetry"
	"github.com/gregorhq/gregor/vfs"
)

// Options say what a node is made of.
type Options struct {
	// Config is the node's static configuration.
	Config *config.Broker
	// FS holds its data; nil means the operating system's file system.
	FS vfs.FS
	// Host carries the engines; nil means goroutines and clocks of this process.
	Host host.Host
	// FrontEnd is how clients reach the node; nil means the listeners of the configuration.
	FrontEnd FrontEnd
	// ClusterID names the cluster when the directories are formatted at the first start; empty means a random one. A
	// directory that belongs to another cluster is refused.
	ClusterID string
	// Version is the program's, for the metrics page.
	Version string
	// Logger makes the logger of a component ("broker", "quorum", "network", ...); nil logs nothing.
	Logger func(component string) *slog.Logger
	// Logs, when set, makes the loggers instead of Logger, and its levels are the node's broker loggers, which clients
	// list and change while it runs (KIP-412).
	Logs *telemetry.Logs
}

func (o *Options) logger(component string) *slog.Logger {
	if o.Logs != nil {
		return o.Logs.Component(component)
	}
	if o.Logger == nil {
		return slog.New(slog.DiscardHandler)
	}
	return o.Logger(component)
}
