package broker

import (
	"context"

	"github.com/gregorhq/gregor/internal/config"
)

// FrontEnd connects clients to a node. It is the sockets of a process, or the calls of a simulator.
// It passes requests to the node's Registry.
type FrontEnd interface {
	// Bind opens the listeners of the configuration, so that their ports are known. It accepts
	// nothing yet.
	Bind() error
	// Bound returns the address that a listener is bound to. ok is false for an unknown listener.
	Bound(listener string) (addr Address, ok bool)
	// ServeControllers starts to accept on the controller listeners.
	ServeControllers()
	// Serve starts to accept clients on all listeners.
	Serve()
	// SetLimits applies the connection limits of the current settings.
	SetLimits(current *config.Values)
	// CloseListeners stops accepting clients. Open connections continue.
	CloseListeners()
	// Stop answers the pending requests until ctx ends, closes all connections and then calls
	// stopped. It returns at once.
	Stop(ctx context.Context, stopped func())
}

// Address is a bound socket address.
type Address struct {
	IP   string
	Port int
}
