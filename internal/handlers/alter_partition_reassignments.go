package handlers

// AlterPartitionReassignments (key 45), versions 0-1.
//
// KIP-455. v1: AllowReplicationFactorChange (KIP-860).

import "github.com/gregorhq/gregor/internal/controller"

var _ = forward(0, 1, controller.AlterPartitionReassignments)
