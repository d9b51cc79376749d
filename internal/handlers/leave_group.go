package handlers

// LeaveGroup (key 13), versions 0-5.
//
// v1: throttle time. v3: several members, each with its own error; a static member may be named by
// its instance id alone (KIP-345, KIP-571). v4: flexible. v5: reason (KIP-800).

import "github.com/gregorhq/gregor/internal/group"

var _ = coordinate(0, 5, &group.LeaveGroup)
