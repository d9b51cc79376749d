package kraftwire

import (
	"github.com/gregorhq/gregor/internal/kraft"
	"github.com/gregorhq/gregor/internal/protocol"
	"github.com/gregorhq/gregor/internal/topicname"
)

// Served is what the conversion of a request needs to know about this node and the request.
type Served struct {
	ClusterID string
	// Version is the version of the request and of its answer.
	Version int16
	// Listener is the listener that the request came in on. Answers have the leader's address on
	// it.
	Listener string
	// Leader returns the present leader, for a request that the core does not see. Nil stands for
	// no leader.
	Leader func() kraft.Leader
}

// sameCluster reports whether a request is for this cluster. A request without an id is.
func (s Served) sameCluster(id *string) bool { return id == nil || *id == s.ClusterID }

// refusedBy returns the error of the whole request, before the core sees it. The metadata log is
// the only partition that the quorum has, so any other selection of partitions is invalid.
func (s Served) refusedBy(cluster *string, one bool) protocol.Error {
	switch {
	case !s.sameCluster(cluster):
		return protocol.ErrInconsistentClusterID
	case !one:
		return protocol.ErrInvalidRequest
	}
	return protocol.ErrNone
}

// leaderEndpoint returns the leader's address on the listener of the request. ok is false when
// there is none, and in versions below from, which have no place for it.
func (s Served) leaderEndpoint(l kraft.Leader, from int16) (e kraft.Endpoint, ok bool) {
	if s.Version < from || l.ID < 0 {
		return e, false
	}
	for _, e := range l.Endpoints {
		if e.Name == s.Listener {
			return e, true
		}
	}
	return e, false
}

// isMetadata reports whether a topic and partition are the metadata log.
func isMetadata(topic string, partition int32) bool {
	return topic == topicname.ClusterMetadata && partition == 0
}

// keyOf returns the key of a replica, NoKey when a request names none.
func keyOf(id int32, directory [16]byte) kraft.Key {
	if id < 0 {
		return kraft.NoKey
	}
	return kraft.Key{ID: id, Directory: directory}
}

// leaderOf returns the leader that a message names.
func leaderOf(id, epoch int32, endpoints []kraft.Endpoint) kraft.Leader {
	if id < 0 {
		return kraft.Leader{ID: kraft.None, Epoch: epoch}
	}
	return kraft.Leader{ID: id, Epoch: epoch, Endpoints: endpoints}
}

// unknownLeader is the leader in an answer that says nothing about it.
var unknownLeader = kraft.Leader{ID: kraft.None, Epoch: -1}
