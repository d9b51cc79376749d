package handlers

// AssignReplicasToDirs (key 73), version 0, on controller listeners.
//
// KIP-858.

import "github.com/gregorhq/gregor/internal/controller"

var _ = forwardInternal(0, 0, controller.AssignReplicasToDirs)
