package handlers

// JoinGroup (key 11), versions 0-9.
//
// v1: rebalance timeout. v2: throttle time. v4: a new member gets MEMBER_ID_REQUIRED and its id
// first (KIP-394).
// v5: group.instance.id (KIP-345). v6: flexible. v7: protocol type; the protocol name may be null
// (KIP-559).
// v8: reason (KIP-800). v9: skipAssignment for a static leader (KIP-814).
// The answer comes when the rebalance has begun a generation, which may take the rebalance timeout.
//
// Deviations: of two joins of one member that wait at the same time, the earlier is answered
// REBALANCE_IN_PROGRESS; Apache Kafka leaves it without an answer. A member whose protocols, all
// metadata together, are larger than a record of __consumer_offsets may be (its max.message.bytes)
// is refused with UNKNOWN_SERVER_ERROR; Apache Kafka keeps it for its session timeout and answers
// that to each SyncGroup of the generation. A protocol that a member names twice counts once, with
// its first metadata; Apache Kafka leaves the request without an answer. A member whose client id,
// group.instance.id or protocol names become longer than 32,767 bytes in UTF-8 is refused with
// UNKNOWN_SERVER_ERROR at once; Apache Kafka may keep it and answer that to a later request.

import "github.com/gregorhq/gregor/internal/group"

var _ = coordinate(0, 9, &group.JoinGroup)
