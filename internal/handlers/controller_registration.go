package handlers

// ControllerRegistration (key 70), version 0, on controller listeners.
//
// KIP-919.

import "github.com/gregorhq/gregor/internal/controller"

var _ = forwardInternal(0, 0, controller.ControllerRegistration)
