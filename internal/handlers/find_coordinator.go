package handlers

// FindCoordinator (key 10), versions 0-6.
//
// v0: groups only. v1: key type, throttle time, error text. v3: flexible. v4: several keys (KIP-699). v5: as v4
// (KIP-890). v6: share coordinators (KIP-932).
// __consumer_offsets is created on first use; meanwhile, and while its partition has no leader, the answer is
// COORDINATOR_NOT_AVAILABLE with node -1, which clients retry.
//
// Deviations: transaction and share coordinators are not served by this version. The error is
// INVALID_REQUEST, which clients do not retry, so that they fail at once and not after a time-out. Apache
// Kafka answers the same for share coordinators where share groups are off. On the only node of a
// cluster, where offsets.topic.replication.factor is not set, __consumer_offsets gets 1 replica; Apache
// Kafka asks for 3, and consumer groups find no coordinator until the factor is set.

import "github.com/gregorhq/gregor/internal/protocol"

// Coordinator is where the coordinator of a key is.
type Coordinator struct {
	NodeID int32
	Host   string
	Port   int32
}

// CoordinatorLocator knows the coordinators of the cluster.
type CoordinatorLocator interface {
	// Locate returns the coordinator of a key, by its address on a listener. Without a coordinator it
	// returns an error and, where Kafka has none of its own, a message.
	Locate(keyType int8, key, listener string) (at Coordinator, err protocol.Error, message string)
}

const findCoordinatorVersionBatch = 4

// FindCoordinator makes the API.
func FindCoordinator(locator CoordinatorLocator) API {
	return NewAPI(0, 6, func(c *Ctx, req *protocol.FindCoordinatorRequest) {
		resp := protocol.New[protocol.FindCoordinatorResponse]()
		if c.Version() >= findCoordinatorVersionBatch {
			for _, key := range req.CoordinatorKeys {
				resp.Coordinators = append(resp.Coordinators, findCoordinator(locator, req.KeyType, key, c.Listener))
			}
			c.Respond(resp)
			return
		}
		r := findCoordinator(locator, req.KeyType, req.Key, c.Listener)
		resp.ErrorCode, resp.NodeID, resp.Host, resp.Port = r.ErrorCode, r.NodeID, r.Host, r.Port
		// Old versions carry a text always, for success too.
		text := "NONE"
		if r.ErrorCode != 0 {
			text = protocol.Error(r.ErrorCode).Message()
		}
		resp.ErrorMessage = &text
		c.Respond(resp)
	})
}

func findCoordinator(locator CoordinatorLocator, keyType int8, key, listener string) protocol.FindCoordinatorResponseCoordinator {
	r := protocol.FindCoordinatorResponseCoordinator{Key: key, NodeID: -1, Port: -1, ErrorMessage: new(string)}
	at, err, message := locator.Locate(keyType, key, listener)
	if err != protocol.ErrNone {
		r.ErrorCode, r.ErrorMessage = err.Code(), &message
		return r
	}
	r.NodeID, r.Host, r.Port = at.NodeID, at.Host, at.Port
	return r
}
