// Package clientrecord holds the content of opaque byte fields of clients: the consumer protocol's
// subscription and assignment, and Kafka's default principal. Each starts with its version; see
// protocol.EncodeVersioned and protocol.DecodeVersioned.
package clientrecord
