package broker

import (
	"context"

	"github.com/gregorhq/gregor/internal/config"
)

// FrontEnd is how clients reach a node: sockets, or the calls of a simulator. It hands requests to
// the node's Registry.
type FrontEnd interface {
	// Bind opens the listeners of the configuration, so that their ports are known. It accepts nothing yet.
	Bind() error
	// Bound returns the address that a listener is bound to, false when there is no such listener.
	Bound(listener string) (addr Address, ok bool)
	// Serve lets clients in.
	Serve()
	// SetLimits puts the connection limits among the current settings into effect.
	SetLimits(current *config.Values)
	// CloseListeners lets no more clients in. Those that are connected go on.
	CloseListeners()
	// Stop answers the requests under way until ctx ends, ends all connections and then calls stopped.
	// It returns at once.
	Stop(ctx context.Context, stopped func())
}

// Address is a bound socket address.
type Address struct {
	IP   string
	Port int
}
