package handlers

// ElectLeaders (key 43), versions 0-2.
//
// KIP-183, KIP-460 (election types in v1). v2: flexible. Without partitions the election covers all
// of them. The answer then names every topic, but only the partitions whose election was needed.

import "github.com/gregorhq/gregor/internal/controller"

var _ = forward(0, 2, controller.ElectLeaders)
