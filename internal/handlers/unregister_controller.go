package handlers

// UnregisterController (key 94), version 0.
//
// The registration of a controller that has left is removed. A controller that lives and does not
// lead registers again.

import "github.com/gregorhq/gregor/internal/controller"

var _ = forward(0, 0, controller.UnregisterController)
