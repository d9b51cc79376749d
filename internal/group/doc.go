// Package group is the core of the group coordinator. One Shard holds the groups and committed
// offsets of one partition of __consumer_offsets. Each command has a file (join.go, sync.go,
// heartbeat.go, leave.go, offset_commit.go ...).
//
// The classic protocol, as Apache Kafka 4.4 speaks it:
//
//	       first member joins               all have joined, or time is up
//	Empty ───────────────────▶ Preparing ───────────────────────────▶ Completing ─┐
//	  ▲                        Rebalance ◀──────── member joins, ───── Rebalance  │ leader's
//	  │  no member is left        │ ▲ ▲            leaves, expires                │ assignment
//	  └───────────────────────────┘ │ └───────────────────────────────────────────┘ is stored
//	                                └──────────────────────────────────── Stable ◀─┘
//
// Committed offsets are durable, and so are a group's members and assignment at the end of each
// rebalance (GroupMetadata record). Everything else is in memory: which members are joining, which
// requests wait, timers. After a failover, members continue with heartbeats or expire.
//
// A command changes the group at once and adds records that say the same. The engine
// (internal/coordinator) holds its answers back until the records are committed.
//
// State after replay depends only on the last record of each key, so compaction does not change the
// result of a replay.
package group
