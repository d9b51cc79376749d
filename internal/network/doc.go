// Package network is the socket side of a broker: listeners, framing, connection limits, and
// answers in the order of their requests.
//
// One goroutine reads a connection. It parses a frame, appends an Exchange to the connection's
// queue and calls the Handler. The Handler answers at once, or keeps the Exchange and answers later
// from any goroutine. Reading continues while earlier exchanges are parked (pipelining). Answers
// leave in order: the queue is written only from its head.
//
// The goroutine that completes the head of the queue starts the writing. A goroutine other than the
// connection's own never writes to the socket itself, because a slow client would block it: it
// starts a short-lived flusher. Answers that are ready while the reader still has complete frames
// buffered are written together, in one system call.
//
// Memory has these bounds:
//   - A frame's buffer grows with the bytes that arrive, not with the length that the frame claims.
//   - A connection has at most Options.MaxInFlight exchanges.
//   - All frames together share one byte budget.
//   - A connection with maxUnsent bytes of unwritten answers is not read further.
//   - When all connections together have more than Options.MaxUnsentBytes of unwritten answers, the
//     connection with most of them is closed.
package network
