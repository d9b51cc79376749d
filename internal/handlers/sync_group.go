package handlers

// SyncGroup (key 14), versions 0-5.
//
// v1: throttle time. v3: group.instance.id (KIP-345). v4: flexible. v5: protocol type and name must
// be given and match (KIP-559); without them INCONSISTENT_GROUP_PROTOCOL. The leader's assignment
// is stored before any member gets an answer.
//
// Deviation: of two syncs of one member that wait at the same time, the earlier is answered
// REBALANCE_IN_PROGRESS; Apache Kafka leaves it without an answer.

import "github.com/gregorhq/gregor/internal/group"

var _ = coordinate(0, 5, &group.SyncGroup)
