package handlers

import (
	"github.com/gregorhq/gregor/internal/kraft"
	"github.com/gregorhq/gregor/internal/kraftwire"
)

// QuorumServer performs the requests that controllers and brokers send for the metadata log.
// quorum.Controller implements it.
type QuorumServer interface {
	// Serve calls done once, with nil when this node takes no part in the quorum any more.
	Serve(r kraft.RequestBody, done func(kraft.ResponseBody))
	// Leader returns the leader of the epoch, with ID -1 when it is unknown.
	Leader() kraft.Leader
}

// Raft is what the APIs of the metadata quorum get from their node.
type Raft struct {
	Quorum    QuorumServer
	ClusterID string
}

// raft are the APIs of the metadata quorum. They are on controller listeners only.
var raft declared[Raft]

// RaftAPIs makes the APIs of the metadata quorum.
func RaftAPIs(r Raft) []API { return raft.bind(r) }

// serveRaft declares an API of the metadata quorum. in converts the request, or returns the answer
// that refuses it. out converts the answer of the quorum.
func serveRaft[T, U any, Q request[T], R request[U], B kraft.RequestBody, C kraft.ResponseBody](minVersion, maxVersion int16,
	in func(kraftwire.Served, Q) (B, R), out func(kraftwire.Served, C) R) struct{} {
	return raft.add(func(node Raft) API {
		return NewAPI(minVersion, maxVersion, func(c *Ctx, req Q) {
			s := kraftwire.Served{ClusterID: node.ClusterID, Version: c.Version(), Listener: c.Listener, Leader: node.Quorum.Leader}
			body, refused := in(s, req)
			if refused != nil {
				c.Respond(refused)
				return
			}
			node.Quorum.Serve(body, func(answer kraft.ResponseBody) {
				if answer == nil {
					// A peer notices a closed connection at once, as it notices a dead process.
					c.CloseConnection("this node takes no part in the metadata quorum")
					return
				}
				c.Respond(out(s, answer.(C)))
			})
		})
	})
}
