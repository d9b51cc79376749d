// Package client holds a node's connections to other nodes: one link for each peer, listener and
// class of requests.
//
// Send takes a request and returns at once. The link dials when it must, asks for the peer's
// versions (ApiVersions), encodes the request in the highest version that both sides allow, and
// pipelines it. The function done runs once: with the answer, or with an *Error. Error.Gone says
// that the peer's process is gone, so that the quorum and the membership act before any timeout.
//
// The decisions about one link are in the core package link. This package holds what surrounds it:
// the mailbox and the loop of each link, the codec, the buffers, the statistics. Each step of a
// loop handles all events that have arrived, so requests that arrive together leave in one write.
//
// Transport is the seam below: it dials, and carries frames. Sockets (run.go) is the transport of a
// process. A simulator has another one. The seam is at frames, because then codec, versions,
// correlation ids, deadlines and backoff run in a simulation, while its network needs no byte
// streams. What a byte stream can do wrong (half answers, false lengths, slow readers) is in
// Sockets only, and its tests cover it.
//
// Memory has these bounds, for each link: link.Options.MaxQueued requests wait, MaxInFlight are in
// flight, about MaxUnwritten encoded bytes wait for the socket, and one answer of at most
// Sockets.MaxAnswerBytes is read at a time. Its buffer grows with the bytes that arrive.
//
// TLS and SASL are a function of Sockets (Secure), which turns a dialed connection into the one
// that carries frames.
package client
