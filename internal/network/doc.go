// Package network is the socket side of a broker: listeners, framing, connection limits, and answers in the order of
// their requests.
//
// One goroutine reads a connection. It parses a frame, appends an Exchange to the connection's queue and calls the
// Handler, which may answer at once or keep the Exchange and answer later from any goroutine. Reading goes on while
// earlier exchanges are parked (pipelining), but answers leave in order: the queue is written only from its head.
//
// Whoever completes the head writes, except that a goroutine other than the connection's own never touches the socket
// itself, since a slow client would block it: it starts a short-lived flusher instead. Answers that are ready while
// the reader still has whole frames buffered are written together, one system call for all.
//
// Memory is bounded four ways: a frame's buffer grows with the bytes that arrive, never with what its length claims;
// a connection has at most Options.MaxInFlight exchanges; all frames together draw on one byte budget; and a connection
// whose client leaves maxUnsent bytes of answers unread is not read further, while of all connections together, when they
// leave more than Options.MaxUnsentBytes, the one that holds most is closed.
package network
