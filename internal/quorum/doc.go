// Package quorum keeps the metadata log and runs the controller on top of it.
//
// Consensus is go.etcd.io/raft/v3 among the controllers of process.roles; a single voter elects itself on the same
// path. What others see is Kafka's: the log is an ordinary Kafka log in __cluster_metadata-0 whose record offsets are
// raft indexes (index = offset + 1) and whose leader epochs are raft terms, a new leader's first entry is a
// LeaderChange control batch, term and vote are in quorum-state, and snapshots are .checkpoint files.
//
// One record batch is one unit of consensus: its first record's raft entry carries the bytes of the whole batch and
// the entries of the other records are empty, so that a batch is never split, truncated in the middle, or applied in
// part (entriesOf in metalog.go).
//
// The engine (engine.go) is driven by one goroutine (run.go). A request is decided by the controller core against the
// latest state, its records are proposed, and its response waits until they are committed and replayed. All requests
// that have come in meanwhile share one write and one fsync. Acknowledged means on disk: an entry is synced before it
// counts as stored, and term and vote before they are answered.
package quorum
