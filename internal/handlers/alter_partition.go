package handlers

// AlterPartition (key 56), versions 2-3, on controller listeners.
//
// KIP-497, KIP-841. v2: topic ids. v3: the broker epochs of the ISR (KIP-903).

import "github.com/gregorhq/gregor/internal/controller"

var _ = forwardInternal(2, 3, controller.AlterPartition)
