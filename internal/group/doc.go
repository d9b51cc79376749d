// Package group is the core of the group coordinator: one Shard holds the groups
// and committed offsets of one partition of __consumer_offsets. One file per
// command (join.go, sync.go, heartbeat.go, leave.go, offset_commit.go ...).
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
// What is durable: committed offsets, and a group's members and assignment at the
// end of each rebalance (GroupMetadata record). All else (who is joining, who
// waits, timers) lives in memory; after a failover members come back by their own
// heartbeats, or expire.
//
// A record is applied when it is committed, see internal/coordinator. While the
// shard serves, a GroupMetadata record only confirms what the group is in memory.
//
// State after replay depends only on the last record of each key, so compaction
// never changes what a replay gives.
package group
