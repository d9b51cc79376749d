package controller

import (
	"slices"
	"time"

	"github.com/gregorhq/gregor/internal/metadata"
	"github.com/gregorhq/gregor/internal/protocol"
	mr "github.com/gregorhq/gregor/internal/protocol/metadatarecord"
)

// BrokerHeartbeat takes a broker's heartbeat.
var BrokerHeartbeat = declare(API[*protocol.BrokerHeartbeatRequest, *protocol.BrokerHeartbeatResponse]{
	decide: (*Core).heartbeat,
	fail: func(_ *protocol.BrokerHeartbeatRequest, err protocol.Error) *protocol.BrokerHeartbeatResponse {
		resp := protocol.New[protocol.BrokerHeartbeatResponse]()
		resp.ErrorCode = err.Code()
		return resp
	},
})

// contact is the soft state of a registered broker: no record holds it, and a new active controller
// starts it again.
type contact struct {
	// epoch is the broker epoch that the rest belongs to.
	epoch int64
	// last is the time (Env.Awake) of the last heartbeat, or of the controller's activation.
	last time.Duration
	// alive: a session is in progress, from the broker's registration or heartbeat at this
	// controller, or from the activation of the controller.
	alive bool
	// left: the controller has granted the broker's shutdown.
	left bool
	// unlinked: the connection of the broker's heartbeats has ended, and no heartbeat came since.
	unlinked bool
	// metadataOffset is the offset up to which the broker has applied the metadata log, -1 when
	// unknown.
	metadataOffset int64
}

// controlState is the state of a broker that heartbeats change (Kafka's BrokerControlState).
type controlState int8

const (
	fenced controlState = iota
	unfenced
	controlledShutdown
	shutdownNow
)

func controlStateOf(b *metadata.Broker) controlState {
	switch {
	case b.Fenced:
		return fenced
	case b.InControlledShutdown:
		return controlledShutdown
	}
	return unfenced
}

// contactOf returns the contact of the broker's registered incarnation.
func (c *Core) contactOf(b *metadata.Broker) *contact {
	k := c.brokers[b.ID]
	if k == nil || k.epoch != b.Epoch {
		k = &contact{epoch: b.Epoch, last: c.activeSince, alive: c.aliveBefore(b), metadataOffset: -1}
		c.brokers[b.ID] = k
	}
	return k
}

// aliveBefore reports whether a new active controller takes a broker that it has not heard of for
// alive. As in Kafka, it begins a session for every unfenced broker, so that no other process takes
// the id of a live broker after a failover. The exception is the broker of the only controller:
// that node has just started, and its broker must not wait until the session of the old process
// ends.
func (c *Core) aliveBefore(b *metadata.Broker) bool {
	return !b.Fenced && !(c.onlyVoter && b.ID == c.cfg.Broker.NodeID())
}

// BrokerGone ends the session of a broker whose process has ended: a connection to it was refused.
// It returns the records that fence the broker. An epoch that is not the present one changes
// nothing.
func (c *Core) BrokerGone(e Env, id int32, epoch int64) []Record {
	b, err := registered(e.Image, id, epoch)
	if err != protocol.ErrNone {
		return nil
	}
	c.contactOf(b).alive = false
	return c.fenceRecords(e.Image, b)
}

// BrokerUnlinked says that the connection of a broker's heartbeats has ended.
func (c *Core) BrokerUnlinked(image *metadata.Image, id int32, epoch int64) {
	if b, err := registered(image, id, epoch); err == protocol.ErrNone {
		c.contactOf(b).unlinked = true
	}
}

// succeeds reports whether a registration proves that the process before has ended: its connection
// is gone, and the new process has its addresses. Two processes cannot listen on one address, so a
// broker that was killed and restarts at once need not wait for the end of its old session.
func (c *Core) succeeds(old *metadata.Broker, r *protocol.BrokerRegistrationRequest) bool {
	if !c.contactOf(old).unlinked || len(r.Listeners) == 0 || len(r.Listeners) != len(old.Endpoints) {
		return false
	}
	for _, l := range r.Listeners {
		if !slices.ContainsFunc(old.Endpoints, func(e metadata.Endpoint) bool { return e.Name == l.Name && e.Host == l.Host && e.Port == l.Port }) {
			return false
		}
	}
	return true
}

// hasSession reports whether the broker's registered incarnation is known to be alive, fenced or
// not. In Kafka the session also continues when the shutdown is granted, so that a broker that
// restarts within the session timeout has to wait.
func (c *Core) hasSession(e Env, b *metadata.Broker) bool {
	k := c.contactOf(b)
	return k.alive && !k.left && e.Awake-k.last <= c.cfg.SessionTimeout
}

// heartbeat answers BrokerHeartbeat, versions 0-2 (KIP-631, KIP-858, KIP-1066). The request carries
// the broker's wishes and the offset of its metadata; the response carries its next state. The
// response waits until the records of a change of state are committed.
func (c *Core) heartbeat(e Env, _ Request, r *protocol.BrokerHeartbeatRequest) ([]Record, *protocol.BrokerHeartbeatResponse) {
	resp := protocol.New[protocol.BrokerHeartbeatResponse]()
	b, err := registered(e.Image, r.BrokerID, r.BrokerEpoch)
	if err != protocol.ErrNone {
		resp.ErrorCode = err.Code()
		return nil, resp
	}
	k := c.contactOf(b)
	k.last, k.alive, k.unlinked = e.Awake, true, false
	k.metadataOffset = max(k.metadataOffset, r.CurrentMetadataOffset)
	caughtUp := r.CurrentMetadataOffset >= b.RegisteredAt
	next := c.nextControlState(e, b, r, caughtUp)
	records := c.directoryRecords(e, b, r)
	if next != controlStateOf(b) {
		// The elections of the new state must not choose a directory that has failed.
		image := after(e, records)
		records = append(records, c.controlStateRecords(image, image.Broker(b.ID), next)...)
	}
	resp.IsCaughtUp = caughtUp
	resp.IsFenced = next == fenced || next == shutdownNow
	resp.ShouldShutDown = next == shutdownNow
	k.left = k.left || resp.ShouldShutDown
	return records, resp
}

func (c *Core) nextControlState(e Env, b *metadata.Broker, r *protocol.BrokerHeartbeatRequest, caughtUp bool) controlState {
	now := controlStateOf(b)
	switch {
	case r.WantFence && now != controlledShutdown:
		if r.WantShutDown {
			return shutdownNow
		}
		return fenced
	case now == fenced && (r.WantShutDown || b.InControlledShutdown):
		// A broker that was fenced during its controlled shutdown leads nothing and may stop.
		return shutdownNow
	case now == fenced && caughtUp:
		return unfenced
	case now == unfenced && r.WantShutDown && !hasLeaderships(e.Image, b.ID):
		return shutdownNow
	case now == unfenced && r.WantShutDown:
		return controlledShutdown
	case now == controlledShutdown && !hasLeaderships(e.Image, b.ID) && c.shutdownSeen(e, b):
		return shutdownNow
	}
	return now
}

// shutdownSeen reports whether every active broker has applied the changes of b's controlled
// shutdown.
func (c *Core) shutdownSeen(e Env, b *metadata.Broker) bool {
	for other := range e.Image.Brokers() {
		if isActive(e.Image, other.ID) && c.contactOf(other).metadataOffset < b.ChangedAt {
			return false
		}
	}
	return true
}

// controlStateRecords are the records that bring the broker to its next state.
func (c *Core) controlStateRecords(image *metadata.Image, b *metadata.Broker, next controlState) []Record {
	switch next {
	case unfenced:
		change := registrationChange(b)
		change.Fenced = metadata.ChangeUnfence
		records := []Record{change}
		return append(records, c.shiftRecords(image, shift{remove: noBroker, add: b.ID, unclean: noBroker}, leaderless)...)
	case controlledShutdown:
		change := registrationChange(b)
		change.InControlledShutdown = 1
		records := []Record{change}
		return append(records, c.shiftRecords(image, shift{remove: b.ID, add: noBroker, unclean: noBroker}, inISR(b.ID))...)
	default:
		return c.fenceRecords(image, b)
	}
}

func (c *Core) fenceRecords(image *metadata.Image, b *metadata.Broker) []Record {
	if b.Fenced {
		return nil
	}
	records := c.shiftRecords(image, shift{remove: b.ID, add: noBroker, unclean: noBroker}, inISR(b.ID))
	change := registrationChange(b)
	change.Fenced = metadata.ChangeFence
	return append(records, change)
}

func registrationChange(b *metadata.Broker) *mr.BrokerRegistrationChangeRecord {
	return &mr.BrokerRegistrationChangeRecord{BrokerID: b.ID, BrokerEpoch: b.Epoch}
}

// directoryRecords record log directories that the heartbeat reports as failed or cordoned for the
// first time, where the metadata.version has them.
func (c *Core) directoryRecords(e Env, b *metadata.Broker, r *protocol.BrokerHeartbeatRequest) []Record {
	version := e.Image.Features().MetadataVersion()
	if version < metadata.DirectoriesFrom {
		return nil
	}
	var records []Record
	left := b.LogDirs
	for _, dir := range r.OfflineLogDirs {
		if i := slices.Index(left, dir); i >= 0 {
			left = slices.Delete(slices.Clone(left), i, i+1)
		}
	}
	if len(left) != len(b.LogDirs) {
		change := registrationChange(b)
		change.LogDirs = left
		records = append(records, change)
		gone := func(p *metadata.Partition) bool {
			return slices.Contains(p.ISR, b.ID) && !slices.Contains(left, p.DirectoryOf(b.ID)) &&
				slices.Contains(b.LogDirs, p.DirectoryOf(b.ID))
		}
		records = append(records, c.shiftRecords(e.Image, shift{remove: b.ID, add: noBroker, unclean: noBroker}, gone)...)
	}
	if version >= metadata.CordonedFrom && r.CordonedLogDirs != nil && !slices.Equal(r.CordonedLogDirs, b.CordonedLogDirs) {
		change := registrationChange(b)
		change.CordonedLogDirs = r.CordonedLogDirs
		records = append(records, change)
	}
	return records
}
