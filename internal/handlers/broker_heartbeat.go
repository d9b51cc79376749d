package handlers

// BrokerHeartbeat (key 63), versions 0-2, on controller listeners.
//
// KIP-631. v1: failed log directories (KIP-858). v2: cordoned log directories (KIP-1066).

import "github.com/gregorhq/gregor/internal/controller"

var _ = forwardInternal(0, 2, controller.BrokerHeartbeat)
