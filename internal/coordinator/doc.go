// Package coordinator carries coordinator cores (internal/group now; txn and
// share later) over the partitions of their log.
//
//	command ──Decide──▶ shard.Outcome ──append──▶ log ──committed──▶ Replay ──▶ state, then the answer
//
// # Why nothing is applied before it is committed
//
// Apache Kafka replays a command's records at once and keeps snapshots, so that
// a failed append can be rolled back. Here records are replayed when they are
// committed, and not earlier. So a failed append needs no rollback, a read never
// sees what may vanish, and it never waits. What makes it sound:
//
//   - Appends of a partition are in the order of decisions, one in flight; what
//     is decided meanwhile goes into the next batch. That is the batching.
//   - A command whose decision depends on records that may be in flight is a
//     Barrier: it runs when nothing is in flight. Offset commits are not: they
//     overwrite. Deleting and expiring are.
//   - A rebalance lives in memory only (as in Kafka); what it ends in is stored.
//     A group's states (CompletingRebalance until the assignment is stored, Dead
//     while the tombstones are) carry what is pending. Outcome.Then ends those.
//   - An append reported as failed is not in the log, or this node no longer
//     leads it; then the partition is unloaded and its next leader replays.
//
// # Mailbox
//
// Each partition has a queue. Who posts to an idle partition drains it on its
// own goroutine; who posts to a busy one leaves at once. No partition has a
// goroutine. Timers are kept here and fired by Tick; run.go holds the one
// goroutine that sleeps and the few that load.
package coordinator
