// Package replica is the core of one replica of one partition. It holds the role, the leader epoch,
// the partition epoch, the in-sync replicas, the positions of the followers and the high watermark,
// and decides what follows from an event.
//
// The package is pure. Step changes the state and returns Effects, which the engine
// (internal/replication) carries out in the order of their fields. It reads no clock, holds no log
// and takes no lock; the engine's mutex of the partition guards it. A broker alone runs the same
// code with an ISR of one. Kafka's counterpart is Partition, with PartitionState and Replica.
package replica
