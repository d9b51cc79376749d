// Package quorum keeps the metadata log and runs the controller on top of it.
//
// Consensus is internal/kraft, one core for a quorum of one voter or of several. This package is
// its engine. The files are Kafka's: the log is an ordinary Kafka log in __cluster_metadata-0, a
// new leader's first record is a LeaderChange, the epoch and the vote are in quorum-state, and
// snapshots are .checkpoint files.
//
// The engine (engine.go) runs in steps of one loop (run.go). A step performs the requests that have
// arrived, and looks at the clock afterwards: the controller core decides a request against the
// latest state, the engine hands the records to kraft, and the response waits until they are
// committed and replayed (decide.go, ready.go, apply.go). All requests of a step share one write
// and one fsync. Acknowledged means on disk: a record is synced before it counts as stored, and
// epoch and vote are synced before they are answered.
package quorum
