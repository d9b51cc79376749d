// Package purgatory holds operations that cannot be completed yet: a produce that waits for
// replicas, a fetch that waits for data. An operation watches any number of keys (one key for each
// partition) and has a deadline.
//
// It is a core, without goroutine, lock, clock or timer. The engine that owns a Purgatory guards
// it, and all keys that it uses, with one lock, and passes the time in. To watch and to leave a key
// costs O(1); to park and to leave the heap of deadlines costs O(log n). Watch records are used
// again, so that the steady state allocates nothing.
//
// Kafka's counterpart is DelayedOperationPurgatory.
package purgatory
