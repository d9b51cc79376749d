package handlers

// Fetch (key 1) of the metadata log on controller listeners, versions 4-18.
//
// KIP-595. v12: the epoch of the last record, the diverging epoch, the snapshot and the leader in
// the answer. v13: topic ids; a request that names the topic gets INVALID_REQUEST. v15: the replica
// in a tagged field. v17: the directory id of the replica and the leader's endpoint (KIP-853). v18:
// the replica's high watermark (KIP-1166).

import "github.com/gregorhq/gregor/internal/kraftwire"

var _ = serveRaft(4, 18, kraftwire.Served.Fetch, kraftwire.Served.FetchAnswer)
