// Package dumplog prints the files of a log directory, as Apache Kafka's kafka-dump-log does (class
// DumpLogSegments of Kafka 4.3): the same lines on standard output and standard error for the same
// files and flags. It only reads.
//
// What differs: where Kafka dies with a Java stack trace, one line with the exception's message is
// printed and the exit status is the same, 1. Decoder classes other than Kafka's own String,
// Integer and Long decoders cannot be loaded. The records of --remote-log-metadata-decoder are
// printed as JSON like those of the other decoders.
package dumplog
