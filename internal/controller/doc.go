// Package controller is the quorum controller's core: it decides what to write to the metadata log.
//
// Every request is answered by a method of [Core]: from the state that the metadata log makes (a metadata.Image), the
// time and the request it derives the records to append and the response to send once they are committed. The core
// has no goroutine, lock, clock, file or randomness of its own; what it needs of those comes in with [Env]. The engine
// in package quorum calls it from one goroutine, replays the records into the next image before the next decision,
// and parks each response until its records are committed.
//
// Each manager has its own file, named after Apache Kafka's: cluster.go (registration, heartbeats, fencing),
// replication.go (topics and partitions), elections.go and partition_change.go (leaders, ISR, ELR), placement.go,
// configs.go, features.go, producerids.go.
package controller
