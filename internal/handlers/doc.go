// Package handlers answers Kafka's requests, one file per API. The header comment of a file states
// the versions it serves, the KIPs behind them, and where it deviates from Apache Kafka.
//
// A handler runs on the goroutine that reads the connection, in the order of requests. It never
// blocks: it answers at once or hands a callback to an engine. Each file declares the small
// interface that it needs. registry.go holds the only table of APIs, and the answer to ApiVersions
// comes from it.
//
// Requests arrive and answers leave through Exchange, over a socket or without one (Registry.Call).
//
// An API that a group coordinator decides is declared in internal/group, and its file here serves
// it with coordinate. An API of the active controller is declared in internal/controller, and its
// file here serves it with forward. Neither needs a line anywhere else.
package handlers
