// Package clientrecord holds what clients put into opaque byte fields: the consumer protocol's subscription and assignment, and Kafka's default
// principal. Each starts with its version; see protocol.EncodeVersioned and protocol.DecodeVersioned.
package clientrecord
