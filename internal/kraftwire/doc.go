// Package kraftwire converts between the messages of internal/kraft and those of Kafka's protocol:
// Vote, BeginQuorumEpoch, EndQuorumEpoch, Fetch and FetchSnapshot of the metadata log,
// AddRaftVoter, RemoveRaftVoter and UpdateRaftVoter.
//
// [Served] converts what this node is asked and answers. It refuses another cluster or topic by
// itself, in Kafka's form. [Transport] converts what this node asks and is answered; how a message
// reaches a peer is a function that it is given. Kafka's counterpart is RaftUtil with the first
// checks of each handler of KafkaRaftClient.
package kraftwire
