package handlers

// RemoveRaftVoter (key 81), version 0.
//
// KIP-853.

import "github.com/gregorhq/gregor/internal/kraftwire"

var _ = serveRaft(0, 0, kraftwire.Served.RemoveRaftVoter, kraftwire.Served.RemoveRaftVoterAnswer)
