package handlers

import (
	"github.com/gregorhq/gregor/internal/controller"
	"github.com/gregorhq/gregor/internal/protocol"
)

// Forwarding holds the parts of the node that the APIs of the active controller use.
type Forwarding struct {
	// Controller carries requests to the active controller.
	Controller controller.Channel
	NodeID     int32
	// Loggers are the broker loggers of this node; nil means that it has none.
	Loggers Loggers
	// Applied returns the offset of the metadata that this node has published. Only Envelope uses
	// it.
	Applied func() int64
}

// forwarded are the APIs that the active controller answers.
var forwarded declared[Forwarding]

// ControllerAPIs makes the APIs that the active controller answers.
func ControllerAPIs(f Forwarding) []API { return forwarded.bind(f) }

// forward declares an API whose requests and answers pass this node unchanged.
func forward[T any, P request[T], R protocol.Message](minVersion, maxVersion int16, api *controller.API[P, R]) struct{} {
	return addForwarded(func(f Forwarding) API {
		return NewAPI(minVersion, maxVersion, func(c *Ctx, req P) {
			api.Call(f.Controller, controllerRequest(c), req, func(resp R) { c.Respond(resp) })
		})
	})
}

// addForwarded declares an API of the active controller that this node takes part in.
func addForwarded(newAPI func(Forwarding) API) struct{} { return forwarded.add(newAPI) }

// controllerRequest describes the client to the controller.
func controllerRequest(c *Ctx) controller.Request {
	return controller.Request{Version: c.Version(), Principal: c.Principal, ClientID: c.ClientID(), Address: c.ClientHost()}
}
