// Package kraft is the core of KRaft, the consensus of the metadata log: one node's part of the
// quorum of controllers. Voters elect a leader, the leader appends batches, and the other voters
// and the observers fetch them. An observer is a broker, or a controller that is no voter.
//
// The package is pure. [Node.Step] changes the state and returns [Effects], which the engine
// (internal/quorum) performs in the order of their fields. It reads no clock, holds no bytes of the
// log and takes no lock. Kafka's counterpart is KafkaRaftClient with QuorumState, and the protocol
// is that of KIP-595 (quorum), KIP-630 (snapshots), KIP-853 (voter changes) and KIP-996 (pre-vote).
//
// Three rules differ from Kafka's, and Kafka's nodes cannot see the difference:
//
//   - A fetch offset is the durable end of the log. The leader counts itself from its own fsync on.
//   - A connection that is refused or broken has an effect at once. A follower whose leader is gone
//     asks for pre-votes without waiting for controller.quorum.fetch.timeout.ms. Timeouts are only
//     for peers that are silent.
//   - A candidate that can no longer win stands again after a short random pause.
package kraft
