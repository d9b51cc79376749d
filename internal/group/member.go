package group

import (
	"bytes"
	"slices"

	"github.com/gregorhq/gregor/internal/protocol"
	"github.com/gregorhq/gregor/internal/shard"
)

// member of a classic group.
type member struct {
	id         string
	instanceID *string // group.instance.id, nil for a dynamic member (KIP-345)
	client     Client

	rebalanceTimeoutMs, sessionTimeoutMs int32

	protocolType string
	protocols    []supported // in the order the member prefers them
	assignment   []byte

	// join and sync are the parked requests, nil when none is.
	join, sync shard.Waiter
	// joinVersion is the version of the parked JoinGroup.
	joinVersion int16
	// isNew: the member does not know its id yet, so it cannot send heartbeats. Its session can end
	// while its JoinGroup waits.
	isNew bool

	// deadline is the end of the session; armed is what its timer is set to, 0 when
	// it is not. A heartbeat only moves deadline, the timer is set again when it
	// fires: no heap operation per heartbeat.
	deadline, armed int64
}

// supported is one protocol (assignor) a member offers, with its metadata.
type supported struct {
	name     string
	metadata []byte
}

// copyProtocols copies the protocols of a request, whose bytes are not valid after the answer.
func copyProtocols(ps []protocol.JoinGroupRequestRequestProtocol) []supported {
	out := make([]supported, len(ps))
	for i, p := range ps {
		out[i] = supported{name: p.Name, metadata: slices.Clone(p.Metadata)}
	}
	return out
}

// protocolBytes is the memory of a protocol besides its name and metadata.
const protocolBytes = 40

// sizeOf returns the bytes that protocols take. A member keeps them until its session ends. They
// must fit into its group's record: otherwise no generation with that member can be stored. (Kafka
// accepts them, and then each SyncGroup fails.)
func sizeOf(ps []protocol.JoinGroupRequestRequestProtocol) int {
	n := 0
	for _, p := range ps {
		n += protocolBytes + len(p.Name) + len(p.Metadata)
	}
	return n
}

// offers reports whether the request's protocols are those of the member, in the same order.
func (m *member) offers(ps []protocol.JoinGroupRequestRequestProtocol) bool {
	return slices.EqualFunc(m.protocols, ps, func(a supported, b protocol.JoinGroupRequestRequestProtocol) bool {
		return a.name == b.Name && bytes.Equal(a.metadata, b.Metadata)
	})
}

// metadata returns the member's metadata for a protocol.
func (m *member) metadata(protocol *string) []byte {
	if protocol != nil {
		for _, p := range m.protocols {
			if p.name == *protocol {
				return p.metadata
			}
		}
	}
	return nil
}

// vote is the first of the member's protocols that all support.
func (m *member) vote(candidates map[string]bool) string {
	for _, p := range m.protocols {
		if candidates[p.name] {
			return p.name
		}
	}
	return ""
}

// satisfied: the member need not heartbeat, since it waits for the coordinator.
func (m *member) satisfied() bool { return !m.isNew && (m.join != nil || m.sync != nil) }
