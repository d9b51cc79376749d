// Package controller is the quorum controller's core: it decides what to write to the metadata log.
//
// A method of [Core] decides each request: from the state of the metadata log (a metadata.Image),
// the time and the request it derives the records to append, and the response to send once they are
// committed. The core has no goroutine, lock, clock, file or randomness of its own; time and
// randomness come in with [Env]. The engine in package quorum calls it from one loop, replays the
// records into the next image before the next decision, and parks each response until its records
// are committed.
//
// Each manager has its own file, named after Apache Kafka's: cluster.go and heartbeat.go
// (registration, sessions, fencing), replication.go (topics and partitions), elections.go and
// partition_change.go (leaders, ISR, ELR), placement.go, configs.go, clientmetrics.go,
// producerids.go. periodic.go has the work that time causes, verify.go the invariants of every
// decision. The file of a request declares its [API]; command.go holds the path from there to the
// engine.
package controller
