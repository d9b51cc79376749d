package handlers

// FetchSnapshot (key 59), versions 0-1.
//
// KIP-630. v1: the directory id of the replica and the leader's endpoint (KIP-853).
//
// Deviation: an error of the partition is in the answer. Apache Kafka 4.4 cannot encode such an
// answer, because it has no records, and answers UNKNOWN_SERVER_ERROR for the whole request.

import "github.com/gregorhq/gregor/internal/kraftwire"

var _ = serveRaft(0, 1, kraftwire.Served.FetchSnapshot, kraftwire.Served.FetchSnapshotAnswer)
