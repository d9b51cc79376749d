// Package metadata holds the cluster's metadata as Kafka's controllers keep it: the records of
// __cluster_metadata replayed into an immutable [Image]. A [Delta] collects records on top of an
// image and yields the next image, which shares every unchanged part with the one before, so a
// change to one topic costs the same with ten topics as with a hundred thousand.
//
// Nothing here does IO, reads a clock, or locks: an Image may be read from any goroutine because it
// never changes.
//
// The record formats are those of Apache Kafka (org.apache.kafka.common.metadata); the rules of
// replay follow org.apache.kafka.image.
package metadata
