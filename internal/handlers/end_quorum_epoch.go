package handlers

// EndQuorumEpoch (key 54), versions 0-1.
//
// KIP-595. v1: candidates with directory ids and the leader's endpoints (KIP-853), flexible.

import "github.com/gregorhq/gregor/internal/kraftwire"

var _ = serveRaft(0, 1, kraftwire.Served.EndQuorumEpoch, kraftwire.Served.EndQuorumEpochAnswer)
