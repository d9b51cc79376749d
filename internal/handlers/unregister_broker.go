package handlers

// UnregisterBroker (key 64), version 0.
//
// KIP-631. A broker that lives registers again with its next heartbeat.

import "github.com/gregorhq/gregor/internal/controller"

var _ = forward(0, 0, controller.UnregisterBroker)
