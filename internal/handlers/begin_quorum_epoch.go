package handlers

// BeginQuorumEpoch (key 53), versions 0-1.
//
// KIP-595. v1: the asked voter's directory id and id, and the leader's endpoints (KIP-853),
// flexible.

import "github.com/gregorhq/gregor/internal/kraftwire"

var _ = serveRaft(0, 1, kraftwire.Served.BeginQuorumEpoch, kraftwire.Served.BeginQuorumEpochAnswer)
