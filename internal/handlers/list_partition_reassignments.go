package handlers

// ListPartitionReassignments (key 46), version 0.
//
// KIP-455.

import "github.com/gregorhq/gregor/internal/controller"

var _ = forward(0, 0, controller.ListPartitionReassignments)
