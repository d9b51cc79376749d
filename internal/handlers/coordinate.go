package handlers

import (
	"github.com/gregorhq/gregor/internal/group"
	"github.com/gregorhq/gregor/internal/protocol"
	"github.com/gregorhq/gregor/internal/shard"
)

// GroupCoordination holds the parts of the node that the APIs of the group coordinator use.
type GroupCoordination struct {
	// Groups carries requests to the coordinators of groups.
	Groups group.Channel
	Topics GroupTopics
}

// coordinated are the APIs that group coordinators answer.
var coordinated declared[GroupCoordination]

// GroupAPIs makes the APIs that group coordinators answer.
func GroupAPIs(g GroupCoordination) []API { return coordinated.bind(g) }

// coordinate declares an API whose requests and answers pass this node unchanged.
func coordinate[T any, P request[T], R protocol.Message](minVersion, maxVersion int16, api *group.API[P, R]) struct{} {
	return addCoordinated(func(g GroupCoordination) API {
		return NewAPI(minVersion, maxVersion, func(c *Ctx, req P) {
			api.Call(g.Groups, coordinatorRequest(c), req, func(resp R) { c.Respond(resp) })
		})
	})
}

// addCoordinated declares an API of group coordinators that this node takes part in.
func addCoordinated(newAPI func(GroupCoordination) API) struct{} { return coordinated.add(newAPI) }

// coordinatorRequest describes the client to a coordinator.
func coordinatorRequest(c *Ctx) shard.Request {
	return shard.Request{Version: c.Version(), ClientID: c.ClientID(), ClientHost: c.ClientHost()}
}
