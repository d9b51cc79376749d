// Package link is the core of one outbound connection to another node: when to dial, what to write
// in which version, which request an answer belongs to, and when to give up.
//
// A Link is a plain struct. Its methods are the events: a request (Submit), the result of a dial
// (Opened, Broken), written bytes (Wrote), an answer (Answer, Negotiated), the time (Tick). Next
// returns the effects that its owner performs: dial, ask for the versions, write, close, complete a
// request. The owner calls Next until there is none, after each event. Times are those of the
// host's monotonic clock.
//
// The states are
//
//	Idle ──request──▶ Dialing ──Opened──▶ Negotiating ──versions──▶ Ready
//	                     ▲  └──────failure──────┴──────────────┐      │ broken
//	                     └──────────── Waiting (backoff) ◀─────┴──────┘
//
// These rules hold:
//   - Every request ends once: answered (Answer returns it), or by an effect Done.
//   - Answers come in the order of the writes. Another correlation id breaks the connection.
//   - A failed dial fails every request that waits, at once. A request that comes during the
//     backoff waits for the next dial.
//   - When an established connection breaks, the requests that were written fail, and the others
//     wait for the next connection.
//   - A request that is not answered by its deadline breaks the connection, as in Kafka's
//     NetworkClient: the answers behind it could not come either.
//   - A connection that has answered and breaks is dialed again at once, also without a request.
//     So the owner learns within a round trip whether the peer's process is gone. A process that
//     dies may still accept that dial, because the kernel closes its sockets one by one. The new
//     connection then ends too, and the link goes on to dial, first after a tenth of the backoff.
//
// Backoff and setup timeout grow as in Kafka's ClusterConnectionStates (KIP-144, KIP-601): they
// double with each failure in a row, up to a bound, with a jitter of 20 %.
package link
