package handlers

// UpdateRaftVoter (key 82), version 0.
//
// KIP-853. A voter sends its own addresses and levels of kraft.version.

import "github.com/gregorhq/gregor/internal/kraftwire"

var _ = serveRaft(0, 0, kraftwire.Served.UpdateRaftVoter, kraftwire.Served.UpdateRaftVoterAnswer)
