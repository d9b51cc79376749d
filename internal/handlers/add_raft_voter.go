package handlers

// AddRaftVoter (key 80), versions 0-1.
//
// KIP-853. v1: the answer may come before the commit (KIP-1186), which a controller needs that adds
// itself.

import "github.com/gregorhq/gregor/internal/kraftwire"

var _ = serveRaft(0, 1, kraftwire.Served.AddRaftVoter, kraftwire.Served.AddRaftVoterAnswer)
