// Package purgatory keeps operations that cannot be answered yet: a produce that waits for replicas, a fetch that waits for
// data. An operation watches any number of keys (one key per partition) and has a deadline.
//
// It is a core: no goroutine, lock, clock or timer inside. The engine that owns a Purgatory guards it, and all keys used
// with it, by one lock of its own, and passes now in. Watching and leaving a key costs O(1), parking and leaving the
// deadline heap O(log n). Watch records are recycled, so the steady state allocates nothing.
//
// Kafka's counterpart is DelayedOperationPurgatory.
package purgatory
