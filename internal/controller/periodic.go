package controller

import (
	"time"

	"github.com/gregorhq/gregor/internal/metadata"
	mr "github.com/gregorhq/gregor/internal/protocol/metadatarecord"
)

// Tick answers the passing of time: it fences brokers whose session has ended, moves leaders back
// to preferred replicas, and elects leaders for partitions that have none and whose topic allows
// unclean elections. The engine calls it every few hundred milliseconds while this controller is
// active, after all requests that have arrived.
func (c *Core) Tick(e Env) []Record {
	for b := range e.Image.Brokers() {
		k := c.contactOf(b)
		if !b.Fenced && e.Awake-k.last > c.cfg.SessionTimeout {
			// One broker at a time: the records for the next broker depend on these.
			return c.fenceRecords(e.Image, b)
		}
	}
	if records := c.repairLeaders(e); len(records) > 0 {
		return records
	}
	if c.cfg.BalanceInterval > 0 && e.Awake > c.nextBalance {
		if records := c.balanceLeaders(e); len(records) > 0 {
			return records
		}
	}
	if e.Awake > c.nextUnclean {
		return c.electUncleanLeaders(e)
	}
	return nil
}

// Activate is called when this node has become the active controller and has replayed the whole
// log. It begins a session for every broker. It returns the records to append first: the end of a
// transaction that the last controller left open.
func (c *Core) Activate(e Env) []Record {
	c.brokers = map[int32]*contact{}
	c.activeSince, c.onlyVoter = e.Awake, e.OnlyVoter
	c.nextBalance = e.Awake + c.cfg.BalanceInterval
	c.nextUnclean = e.Awake + c.cfg.UncleanInterval
	c.repaired = false
	if e.Image.InTransaction() {
		reason := "failover"
		return []Record{&mr.AbortTransactionRecord{Reason: &reason}}
	}
	return nil
}

// repairLeaders gives a new leader, or an ISR with its leader, to partitions whose leader is not in
// the ISR. Earlier releases wrote such partitions. It runs once after the activation.
func (c *Core) repairLeaders(e Env) []Record {
	if c.repaired {
		return nil
	}
	records, more := c.electAll(e.Image, electUnclean, func(_ *metadata.Topic, p *metadata.Partition) bool { return leadsOutsideISR(p) })
	c.repaired = !more
	return records
}

// balanceLeaders moves leaders back to their preferred replicas (auto.leader.rebalance.enable).
func (c *Core) balanceLeaders(e Env) []Record {
	records, more := c.electAll(e.Image, electPreferred, func(_ *metadata.Topic, p *metadata.Partition) bool {
		return p.Leader != p.PreferredReplica() && isActive(e.Image, p.PreferredReplica())
	})
	c.nextBalance = nextRun(e, c.cfg.BalanceInterval, more)
	return records
}

// electUncleanLeaders elects leaders for partitions without one whose topic allows unclean
// elections. A change of a broker elects them at once; this finds those that a change of
// unclean.leader.election.enable concerns.
func (c *Core) electUncleanLeaders(e Env) []Record {
	records, more := c.electAll(e.Image, electUnclean, func(t *metadata.Topic, p *metadata.Partition) bool {
		return leaderless(p) && c.uncleanElection(e.Image, t.Name)
	})
	c.nextUnclean = nextRun(e, c.cfg.UncleanInterval, more)
	return records
}

// nextRun is the time after which a periodic task runs again: with the next tick when it has more
// to do.
func nextRun(e Env, interval time.Duration, more bool) time.Duration {
	if more {
		return e.Awake
	}
	return e.Awake + interval
}

// electionsMax bounds the elections of one run, so that other requests do not wait for long
// (ReplicationControlManager.MAX_ELECTIONS_PER_IMBALANCE).
const electionsMax = 1000

// electAll elects leaders of the wanted partitions. It stops after electionsMax elections, and then
// there may be more.
func (c *Core) electAll(image *metadata.Image, kind election, wanted func(*metadata.Topic, *metadata.Partition) bool) (records []Record, more bool) {
	for t := range image.Topics().All() {
		for i, p := range t.Partitions {
			if !wanted(t, p) {
				continue
			}
			ch := c.change(image, t, int32(i), func(id int32) bool { return isActive(image, id) })
			ch.election = kind
			if r := ch.build(); r != nil {
				records = append(records, r)
			}
			if len(records) >= electionsMax {
				return records, true
			}
		}
	}
	return records, false
}
