package quorum

import "go.etcd.io/raft/v3/raftpb"

// Transport carries raft messages to the other voters. Send must not block; a message that cannot be sent is dropped,
// raft repeats what matters. The way back is not built: what voters send will be an op of the engine that steps its raft node.
type Transport interface {
	Send(to int32, message *raftpb.Message)
}
