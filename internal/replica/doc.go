// Package replica is one replica of one partition as a core: its role, leader epoch, partition epoch, in-sync replicas,
// followers' positions and high watermark, and what follows from events for all of them.
//
// It is pure: Step(now, event) changes the state and returns Effects, which the engine (internal/replication) carries out in
// the order written there. It reads no clock, holds no log and takes no lock; the engine's mutex of the partition guards it.
// One node runs the same code with an ISR of one. Kafka's counterpart is Partition (PartitionState, Replica).
package replica
