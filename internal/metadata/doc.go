// Package metadata holds the cluster's metadata as Kafka's controllers keep it: the records of
// __cluster_metadata, replayed into an immutable [Image]. A [Delta] collects records on top of an
// image and returns the next image. The two images share every unchanged part, so a change of one
// topic costs the same with ten topics as with a hundred thousand.
//
// The package does no IO, reads no clock, and takes no lock. Any goroutine may read an Image,
// because it never changes.
//
// The record formats are Apache Kafka's (org.apache.kafka.common.metadata). The rules of replay
// follow org.apache.kafka.image.
package metadata
