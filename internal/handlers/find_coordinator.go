package handlers

// FindCoordinator (key 10), versions 0-6.
//
// v0: groups only. v1: key type, throttle time, error text. v3: flexible. v4: several keys
// (KIP-699). v5: as v4 (KIP-890). v6: share coordinators (KIP-932). __consumer_offsets is created
// on first use; meanwhile, and while its partition has no leader, the answer is
// COORDINATOR_NOT_AVAILABLE with node -1, which clients retry.
//
// Deviations: transaction and share coordinators are not served by this version. The error is
// INVALID_REQUEST, which clients do not retry, so that they fail at once and not after a time-out.
// For transactions, versions 1-3 answer TRANSACTIONAL_ID_AUTHORIZATION_FAILED instead, which the
// clients of that time do not retry either, and the error text names the kind of coordinator.
// Apache Kafka answers the same for share coordinators where share groups are off. On the only node
// of a cluster, where offsets.topic.replication.factor is not set, __consumer_offsets gets 1
// replica; Apache Kafka asks for 3, and consumer groups find no coordinator until the factor is
// set.

import "github.com/gregorhq/gregor/internal/protocol"

// Coordinator is the broker that coordinates a key.
type Coordinator struct {
	NodeID int32
	Host   string
	Port   int32
}

// CoordinatorLocator knows the coordinators of the cluster.
type CoordinatorLocator interface {
	// Locate returns the coordinator of a key, by its address on a listener, or a refusal.
	Locate(keyType int8, key, listener string) (Coordinator, *CoordinatorRefusal)
}

// CoordinatorRefusal says why there is no coordinator for a key.
type CoordinatorRefusal struct {
	Err protocol.Error
	// Message is empty where Kafka has none.
	Message string
	// Unserved names the kind of coordinator when this version does not serve it.
	Unserved string
	// ErrBeforeBatches replaces Err in the versions before 4, unless it is ErrNone.
	ErrBeforeBatches protocol.Error
}

const findCoordinatorVersionBatch = 4

var _ = declare(func(e Engines) API { return FindCoordinator(e.Coordinators) })

// FindCoordinator makes the API.
func FindCoordinator(locator CoordinatorLocator) API {
	return NewAPI(0, 6, func(c *Ctx, req *protocol.FindCoordinatorRequest) {
		resp := protocol.New[protocol.FindCoordinatorResponse]()
		if c.Version() >= findCoordinatorVersionBatch {
			for _, key := range req.CoordinatorKeys {
				resp.Coordinators = append(resp.Coordinators, findCoordinator(c, locator, req.KeyType, key))
			}
			c.Respond(resp)
			return
		}
		r := findCoordinator(c, locator, req.KeyType, req.Key)
		resp.ErrorCode, resp.NodeID, resp.Host, resp.Port = r.ErrorCode, r.NodeID, r.Host, r.Port
		// Old versions carry a text always, for success too.
		text := "NONE"
		if r.ErrorCode != 0 {
			text = protocol.Error(r.ErrorCode).Message()
			if r.ErrorMessage != nil && *r.ErrorMessage != "" {
				text = *r.ErrorMessage
			}
		}
		resp.ErrorMessage = &text
		c.Respond(resp)
	})
}

func findCoordinator(c *Ctx, locator CoordinatorLocator, keyType int8, key string) protocol.FindCoordinatorResponseCoordinator {
	r := protocol.FindCoordinatorResponseCoordinator{Key: key, NodeID: -1, Port: -1, ErrorMessage: new(string)}
	at, refused := locator.Locate(keyType, key, c.Listener)
	if refused == nil {
		r.NodeID, r.Host, r.Port = at.NodeID, at.Host, at.Port
		return r
	}
	if refused.Unserved != "" {
		c.unserved(refused.Unserved)
	}
	err := refused.Err
	if c.Version() < findCoordinatorVersionBatch && refused.ErrBeforeBatches != protocol.ErrNone {
		err = refused.ErrBeforeBatches
	}
	r.ErrorCode, r.ErrorMessage = err.Code(), &refused.Message
	return r
}
