// Package forwarding is a node's channel to the active controller, in this process or in another
// one (Kafka's NodeToControllerChannelManager and ForwardingManager, KIP-590, KIP-631).
//
// Channel implements controller.Channel. When this node's controller leads, or no leader is known
// and this node has a controller, a request goes to it without a detour. Otherwise the channel
// sends it to the leader that the quorum names: requests of the node itself as they are, requests
// of clients in an Envelope, with principal and address of the client.
//
// A request stays in the channel until it is answered, or until its time is over:
//   - NOT_CONTROLLER, a refused or broken connection and a silent controller lead to a repetition.
//     As in Kafka, the controller may then perform a request twice.
//   - A new leader gets the requests that wait at once. The old leader has grace to answer the
//     requests in flight, because it may have performed them.
//   - Repetitions keep the order of the requests of a lane. While a later request is in flight, an
//     earlier one waits.
//   - A request that ends without an answer gets the response that its API has for failures
//     (controller.Command): REQUEST_TIMED_OUT, or NOT_CONTROLLER when the channel is closed or
//     full.
//
// Lanes separate heartbeats, changes of partitions, and the rest, because the answers of a
// connection come in order, and a heartbeat must not wait for the creation of topics.
package forwarding
