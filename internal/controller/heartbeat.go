package controller

import (
	"slices"
	"time"

	"github.com/gregorhq/gregor/internal/metadata"
	"github.com/gregorhq/gregor/internal/protocol"
	mr "github.com/gregorhq/gregor/internal/protocol/metadatarecord"
)

// contact is what this controller knows of a registered broker since it became active. It is soft: no record says it.
type contact struct {
	// epoch is the broker epoch that the rest is about.
	epoch int64
	// last is when the broker was heard of last, or when this controller became active.
	last time.Time
	// heard tells that the broker has spoken to this controller.
	heard bool
	// metadataOffset is the offset up to which the broker has applied the metadata log, -1 when unknown.
	metadataOffset int64
	// shutdownOffset is the offset of the last change that its controlled shutdown caused: it may go once every other
	// broker has applied that. -1 when it is not shutting down.
	shutdownOffset int64
}

// standing is the state of a broker as heartbeats see it (Kafka's BrokerControlState).
type standing int8

const (
	standingFenced standing = iota
	standingUnfenced
	standingControlledShutdown
	standingShutdownNow
)

func standingOf(b *metadata.Broker) standing {
	switch {
	case b.Fenced:
		return standingFenced
	case b.InControlledShutdown:
		return standingControlledShutdown
	}
	return standingUnfenced
}

// contactOf finds or starts what is known of the broker's present incarnation.
func (c *Core) contactOf(b *metadata.Broker) *contact {
	k := c.brokers[b.ID]
	if k == nil || k.epoch != b.Epoch {
		k = &contact{epoch: b.Epoch, last: c.activeSince, metadataOffset: -1, shutdownOffset: -1}
		c.brokers[b.ID] = k
	}
	return k
}

// hasSession tells whether the broker's registered incarnation is known to be alive. One that this controller has not
// heard yet is not: after a crash of the only node its broker must not wait for its own ghost.
func (c *Core) hasSession(e Env, b *metadata.Broker) bool {
	k := c.brokers[b.ID]
	return !b.Fenced && k != nil && k.epoch == b.Epoch && k.heard && e.Now.Sub(k.last) <= c.cfg.SessionTimeout
}

// Heartbeat answers BrokerHeartbeat, versions 0-2 (KIP-631, KIP-858, KIP-1066). The broker tells what it wants and how
// far it has applied the metadata log; the answer tells what it is. Anything that changes is recorded before.
func (c *Core) Heartbeat(e Env, _ Request, r *protocol.BrokerHeartbeatRequest) ([]Record, *protocol.BrokerHeartbeatResponse) {
	resp := protocol.New[protocol.BrokerHeartbeatResponse]()
	b, err := registered(e.Image, r.BrokerID, r.BrokerEpoch)
	if err != protocol.ErrNone {
		resp.ErrorCode = err.Code()
		return nil, resp
	}
	k := c.contactOf(b)
	k.last, k.heard = e.Now, true
	k.metadataOffset = max(k.metadataOffset, r.CurrentMetadataOffset)
	caughtUp := r.CurrentMetadataOffset >= b.Epoch
	next := c.nextStanding(e, b, r, caughtUp)
	records := c.standingRecords(e, b, next)
	records = append(records, c.directoryRecords(e, b, r)...)
	if next == standingControlledShutdown && len(records) > 0 {
		k.shutdownOffset = e.NextOffset + int64(len(records)) - 1
	}
	resp.IsCaughtUp = caughtUp
	resp.IsFenced = next == standingFenced || next == standingShutdownNow
	resp.ShouldShutDown = next == standingShutdownNow
	return records, resp
}

func (c *Core) nextStanding(e Env, b *metadata.Broker, r *protocol.BrokerHeartbeatRequest, caughtUp bool) standing {
	now := standingOf(b)
	switch {
	case r.WantFence && now != standingControlledShutdown:
		if r.WantShutDown {
			return standingShutdownNow
		}
		return standingFenced
	case now == standingFenced && (r.WantShutDown || b.InControlledShutdown):
		// One that had begun to shut down before it was fenced leads nothing any more and may go.
		return standingShutdownNow
	case now == standingFenced && caughtUp:
		return standingUnfenced
	case now == standingUnfenced && r.WantShutDown && !hasLeaderships(e.Image, b.ID):
		return standingShutdownNow
	case now == standingUnfenced && r.WantShutDown:
		return standingControlledShutdown
	case now == standingControlledShutdown && !hasLeaderships(e.Image, b.ID) && c.shutdownSeen(e, b):
		return standingShutdownNow
	}
	return now
}

// shutdownSeen tells whether every broker has applied what the controlled shutdown of b changed.
func (c *Core) shutdownSeen(e Env, b *metadata.Broker) bool {
	until := c.contactOf(b).shutdownOffset
	for other := range e.Image.Brokers() {
		if other.Fenced {
			continue
		}
		if k := c.contactOf(other); k.metadataOffset < until {
			return false
		}
	}
	return true
}

// standingRecords are the records that take the broker to its next standing.
func (c *Core) standingRecords(e Env, b *metadata.Broker, next standing) []Record {
	if next == standingOf(b) {
		return nil
	}
	switch next {
	case standingUnfenced:
		change := registrationChange(b)
		change.Fenced = metadata.ChangeUnfence
		records := []Record{change}
		return append(records, c.shiftRecords(e.Image, shift{remove: noBroker, add: b.ID, unclean: noBroker}, leaderless)...)
	case standingControlledShutdown:
		change := registrationChange(b)
		change.InControlledShutdown = 1
		records := []Record{change}
		return append(records, c.shiftRecords(e.Image, shift{remove: b.ID, add: noBroker, unclean: noBroker}, inISR(b.ID))...)
	default:
		return c.fenceRecords(e.Image, b)
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

// directoryRecords take note of log directories that failed or were cordoned since.
func (c *Core) directoryRecords(e Env, b *metadata.Broker, r *protocol.BrokerHeartbeatRequest) []Record {
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
	if r.CordonedLogDirs != nil && !slices.Equal(r.CordonedLogDirs, b.CordonedLogDirs) {
		change := registrationChange(b)
		change.CordonedLogDirs = r.CordonedLogDirs
		records = append(records, change)
	}
	return records
}

// Tick answers the passing of time: it fences brokers whose session has ended and moves leaders back to preferred
// replicas. It is called every few hundred milliseconds while this controller is active.
func (c *Core) Tick(e Env) []Record {
	for b := range e.Image.Brokers() {
		k := c.contactOf(b)
		if !b.Fenced && e.Now.Sub(k.last) > c.cfg.SessionTimeout {
			// One at a time: the records of the next one depend on what these do.
			return c.fenceRecords(e.Image, b)
		}
	}
	if c.cfg.BalanceInterval > 0 && e.Now.After(c.nextBalance) {
		c.nextBalance = e.Now.Add(c.cfg.BalanceInterval)
		return c.balanceLeaders(e.Image)
	}
	return nil
}

// Activate is called when this node has become the active controller and has replayed the whole log. It starts all
// sessions anew and returns what must be recorded first: an end to a transaction that the last controller left open.
func (c *Core) Activate(e Env) []Record {
	c.brokers = map[int32]*contact{}
	c.activeSince = e.Now
	c.nextBalance = e.Now.Add(c.cfg.BalanceInterval)
	if e.Image.InTransaction() {
		reason := "failover"
		return []Record{&mr.AbortTransactionRecord{Reason: &reason}}
	}
	return nil
}
