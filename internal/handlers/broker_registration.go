package handlers

// BrokerRegistration (key 62), versions 0-4, on controller listeners.
//
// KIP-631. v1: migrating brokers. v2: log directories (KIP-858). v3: the previous broker epoch
// (KIP-966). v4: features may have a minimum of 0 (KIP-1022).

import "github.com/gregorhq/gregor/internal/controller"

var _ = forwardInternal(0, 4, controller.BrokerRegistration)
