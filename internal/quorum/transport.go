package quorum

import "go.etcd.io/raft/v3/raftpb"

// Transport carries raft messages to the other voters. Send must not block; a message that cannot be sent is dropped,
// raft repeats what matters. Answers come back through [Controller.Receive].
type Transport interface {
	Send(to int32, message *raftpb.Message)
}
