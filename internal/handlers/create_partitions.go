package handlers

// CreatePartitions (key 37), versions 0-3.
//
// KIP-195. v2: flexible. v3: quota errors (KIP-599). The answer waits for the commit.

import "github.com/gregorhq/gregor/internal/controller"

var _ = forward(0, 3, controller.CreatePartitions)
