// Package handlers answers Kafka's requests, one file per API. The header comment of a file states the versions it
// serves, the KIPs behind them, and where it deviates from Apache Kafka.
//
// A handler runs on the goroutine that reads the connection, in the order of requests, and never blocks: it answers at
// once or hands a callback to an engine. Each file declares the narrow interface of what it needs; registry.go holds
// the only table, from which the ApiVersions answer is made, so what is not served is not advertised.
package handlers
