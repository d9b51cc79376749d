package handlers

// Heartbeat (key 12), versions 0-4.
//
// v1: throttle time. v3: group.instance.id (KIP-345). v4: flexible.
// REBALANCE_IN_PROGRESS makes the member join again. An unknown group is UNKNOWN_MEMBER_ID.

import "github.com/gregorhq/gregor/internal/group"

var _ = coordinate(0, 4, &group.Heartbeat)
