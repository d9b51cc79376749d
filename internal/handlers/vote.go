package handlers

// Vote (key 52), versions 0-2.
//
// KIP-595. v1: directory ids and the id of the asked voter (KIP-853). v2: pre-vote (KIP-996).

import "github.com/gregorhq/gregor/internal/kraftwire"

var _ = serveRaft(0, 2, kraftwire.Served.Vote, kraftwire.Served.VoteAnswer)
