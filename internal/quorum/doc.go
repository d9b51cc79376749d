// Package quorum keeps the metadata log and runs the controller on top of it.
//
// Consensus is go.etcd.io/raft/v3 among the controllers of process.roles; a single voter elects
// itself on the same path. The files are Kafka's: the log is an ordinary Kafka log in
// __cluster_metadata-0 whose record offsets are raft indexes (index = offset + 1) and whose leader
// epochs are raft terms, a new leader's first entry is a LeaderChange control batch, term and vote
// are in quorum-state, and snapshots are .checkpoint files.
//
// One record batch is one unit of consensus: its first record's raft entry carries the bytes of the
// whole batch and the entries of the other records are empty, so that a batch is never split,
// truncated in the middle, or applied in part (entriesOf in metalog.go).
//
// The engine (engine.go) runs in steps of one loop (run.go). A step performs the requests that have
// arrived, and looks at the clock afterwards: the controller core decides a request against the
// latest state, the engine proposes the records, and the response waits until they are committed
// and replayed (decide.go, apply.go). All requests of a step share one write and one fsync.
// Acknowledged means on disk: an entry is synced before it counts as stored, and term and vote are
// synced before they are answered.
package quorum
