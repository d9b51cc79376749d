package broker

import (
	"log/slog"

	"github.com/gregorhq/gregor/internal/client"
	"github.com/gregorhq/gregor/internal/config"
	"github.com/gregorhq/gregor/internal/host"
	"github.com/gregorhq/gregor/internal/telemetry"
	"github.com/gregorhq/gregor/vfs"
)

// Options are the parts of a node.
type Options struct {
	// Config is the node's static configuration.
	Config *config.Broker
	// FS holds the node's data. A nil FS means the operating system's file system.
	FS vfs.FS
	// Host runs the engines. A nil Host means goroutines and clocks of this process.
	Host host.Host
	// FrontEnd connects clients to the node. A nil FrontEnd means the listeners of the
	// configuration.
	FrontEnd FrontEnd
	// Transport carries the requests to other nodes. A nil Transport means sockets, unless FrontEnd
	// is set: then the node reaches no other node.
	Transport client.Transport
	// ClusterID is the cluster id for directories that the first start formats; empty means a
	// random one. The start refuses a directory of another cluster.
	ClusterID string
	// Version is the program's version for the metrics page.
	Version string
	// Logger returns the logger of a component ("broker", "quorum", "network", ...). A nil Logger
	// logs nothing.
	Logger func(component string) *slog.Logger
	// Logs, when set, makes the loggers instead of Logger. Its levels are the node's broker
	// loggers, which clients can list and change at run time (KIP-412).
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
