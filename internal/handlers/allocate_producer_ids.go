package handlers

// AllocateProducerIds (key 67), version 0, on controller listeners.
//
// KIP-730.

import "github.com/gregorhq/gregor/internal/controller"

var _ = forwardInternal(0, 0, controller.AllocateProducerIDs)
