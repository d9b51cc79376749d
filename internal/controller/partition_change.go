package controller

import (
	"slices"

	"github.com/gregorhq/gregor/internal/metadata"
	mr "github.com/gregorhq/gregor/internal/protocol/metadatarecord"
	"github.com/gregorhq/gregor/internal/protocol/wire"
)

// election is the kind of a leader election.
type election int8

const (
	// electOnline keeps the leader while it can lead. Otherwise it takes any member of the ISR, or
	// of the ELR when the ISR is empty.
	electOnline election = iota
	// electPreferred moves the leader to the first replica when that can lead.
	electPreferred
	// electUnclean is electOnline, but takes any live replica when no other can lead. This can lose
	// data.
	electUnclean
)

const (
	noLeaderChange   int32 = -2
	noRecoveryChange int8  = -1
)

// partitionChange builds the record for a change of one partition (Kafka's PartitionChangeBuilder).
// The caller sets the wanted fields; build adds the consequences: a completed reassignment, a new
// leader, the ELR.
type partitionChange struct {
	topic      wire.UUID
	index      int32
	old        *metadata.Partition
	acceptable func(broker int32) bool // may lead
	election   election
	minISR     int
	elr        bool // eligible leader replicas are kept (KIP-966)
	// bumpOnShrink is for metadata.version before 3.6-IV0, where a shrunk ISR needs a new leader
	// epoch.
	bumpOnShrink bool
	// directories are the directories of all replicas, nil for those of the image.
	directories []wire.UUID
	// directoryOf is the directory of a replica that is new on its broker.
	directoryOf func(broker int32) wire.UUID

	isr, replicas, removing, adding []int32
	targetELR                       []int32
	uncleanShutdown                 []int32
	recovery                        int8
}

func newPartitionChange(topic wire.UUID, index int32, p *metadata.Partition) *partitionChange {
	return &partitionChange{topic: topic, index: index, old: p, isr: p.ISR, replicas: p.Replicas,
		removing: p.RemovingReplicas, adding: p.AddingReplicas, targetELR: p.ELR, recovery: p.LeaderRecovery}
}

// build returns the record of the change, nil when nothing changes.
func (c *partitionChange) build() *mr.PartitionChangeRecord {
	r := &mr.PartitionChangeRecord{}
	r.SetDefaults()
	r.TopicID, r.PartitionID = c.topic, c.index
	c.completeReassignment()
	c.populateELR()
	c.elect(r)
	c.recordELR(r)
	if r.ISR == nil && (len(c.isr) > 0 || c.elr) && !slices.Equal(c.isr, c.old.ISR) {
		r.ISR = nonNil(c.isr)
	}
	c.bumpLeaderEpoch(r)
	c.recordLastKnown(r)
	c.recordAssignment(r)
	if c.recovery != c.old.LeaderRecovery {
		r.LeaderRecoveryState = c.recovery
	}
	if isNoOp(r) {
		return nil
	}
	return r
}

// completeReassignment drops the removing replicas once all other replicas are in the ISR.
func (c *partitionChange) completeReassignment() {
	if len(c.removing)+len(c.adding) == 0 {
		return
	}
	isr, replicas := without(c.isr, c.removing...), without(c.replicas, c.removing...)
	if len(isr) == 0 || len(replicas) == 0 || !containsAll(isr, replicas) {
		return
	}
	c.isr, c.replicas, c.removing, c.adding = isr, replicas, nil, nil
}

// populateELR keeps a broker that leaves the ISR eligible to lead, while the ISR is below
// min.insync.replicas: no record can have been committed without it. A broker that is no replica
// any more is not eligible. Apache Kafka keeps it, and then does not elect the last known leader.
func (c *partitionChange) populateELR() {
	if !c.elr {
		return
	}
	if len(c.isr) >= min(c.minISR, len(c.replicas)) {
		c.targetELR = nil
		return
	}
	var elr []int32
	for _, from := range [][]int32{c.targetELR, c.old.ISR} {
		for _, id := range from {
			if slices.Contains(c.replicas, id) && !slices.Contains(c.isr, id) && !slices.Contains(c.uncleanShutdown, id) && !slices.Contains(elr, id) {
				elr = append(elr, id)
			}
		}
	}
	slices.Sort(elr)
	c.targetELR = elr
}

// elect chooses the leader and enters it in the record when it differs from the old one, or when
// the old one is not in the ISR. So a leader is always in the ISR.
func (c *partitionChange) elect(r *mr.PartitionChangeRecord) {
	leader, unclean := c.chooseLeader()
	if leader == c.old.Leader && (leader == metadata.NoLeader || slices.Contains(c.isr, leader)) {
		return
	}
	r.Leader = leader
	switch {
	case unclean:
		// The logs of the other replicas may differ from the new leader's. It is alone in the ISR
		// and has to report its recovery.
		c.isr = []int32{leader}
		r.ISR = c.isr
		if c.old.LeaderRecovery != metadata.LeaderRecovering {
			r.LeaderRecoveryState = metadata.LeaderRecovering
			c.recovery = metadata.LeaderRecovering
		}
	case slices.Contains(c.targetELR, leader):
		c.isr = []int32{leader}
		c.targetELR = without(c.targetELR, leader)
	}
}

func (c *partitionChange) chooseLeader() (leader int32, unclean bool) {
	if c.election == electPreferred && len(c.replicas) > 0 && c.canLead(c.replicas[0]) {
		return c.replicas[0], false
	}
	if c.canLead(c.old.Leader) {
		return c.old.Leader, false
	}
	for _, id := range c.replicas {
		if c.canLead(id) {
			return id, false
		}
	}
	if id, ok := c.lastKnownLeader(); ok {
		return id, true
	}
	if c.election == electUnclean {
		if slices.Contains(c.replicas, c.old.Leader) && c.acceptable(c.old.Leader) {
			return c.old.Leader, true // it leads outside the ISR, and has what it acknowledged alone
		}
		for _, id := range c.replicas {
			if c.acceptable(id) {
				return id, true
			}
		}
	}
	return metadata.NoLeader, false
}

// canLead reports whether a clean election may take the broker. A member of the ELR leads only when
// the ISR is empty: it may lack records that the ISR has and that are not committed.
func (c *partitionChange) canLead(id int32) bool {
	eligible := c.elr && len(c.isr) == 0 && slices.Contains(c.targetELR, id)
	return (eligible || slices.Contains(c.isr, id)) && c.acceptable(id)
}

// lastKnownLeader returns the last leader when the ISR and the ELR are empty. No other replica can
// have more records, so it needs no unclean election by a user.
func (c *partitionChange) lastKnownLeader() (int32, bool) {
	if !c.elr || len(c.isr)+len(c.targetELR) > 0 || len(c.old.LastKnownELR) != 1 {
		return 0, false
	}
	id := c.old.LastKnownELR[0]
	return id, c.acceptable(id)
}

// recordELR enters the ELR in the record. An election that set the ISR clears it, and so does a
// cluster without the feature.
func (c *partitionChange) recordELR(r *mr.PartitionChangeRecord) {
	if r.ISR != nil || !c.elr {
		c.targetELR = nil
	}
	if !slices.Equal(c.targetELR, c.old.ELR) {
		r.EligibleLeaderReplicas = nonNil(c.targetELR)
	}
}

func (c *partitionChange) recordLastKnown(r *mr.PartitionChangeRecord) {
	if !c.elr {
		if len(c.old.LastKnownELR) > 0 {
			r.LastKnownELR = []int32{}
		}
		return
	}
	known := c.old.LastKnownELR
	emptied := r.ISR != nil && len(r.ISR) == 0 || leadsOutsideISR(c.old) && r.Leader == metadata.NoLeader && len(c.isr) == 0
	switch {
	case emptied && (len(known) != 1 || known[0] != c.old.Leader):
		// The partition loses its last leader now; later changes keep the entry.
		r.LastKnownELR = []int32{c.old.Leader}
	case len(known) > 0 && (r.Leader >= 0 || c.old.Leader != metadata.NoLeader && r.Leader != metadata.NoLeader):
		r.LastKnownELR = []int32{}
	}
}

// bumpLeaderEpoch enters the present leader again where followers must notice the change: that
// raises the leader epoch.
func (c *partitionChange) bumpLeaderEpoch(r *mr.PartitionChangeRecord) {
	if r.Leader != noLeaderChange {
		return
	}
	removed := !containsAll(c.replicas, c.old.Replicas)
	shrunk := c.bumpOnShrink && r.ISR != nil && !containsAll(r.ISR, c.old.ISR)
	if removed || shrunk {
		r.Leader = c.old.Leader
	}
}

func (c *partitionChange) recordAssignment(r *mr.PartitionChangeRecord) {
	if len(c.replicas) > 0 && !slices.Equal(c.replicas, c.old.Replicas) {
		r.Replicas = c.replicas
		r.Directories = make([]wire.UUID, len(c.replicas))
		for i, id := range c.replicas {
			if c.old.HasReplica(id) {
				r.Directories[i] = c.old.DirectoryOf(id)
			} else if c.directoryOf != nil {
				r.Directories[i] = c.directoryOf(id)
			}
		}
	}
	if r.Directories == nil && c.directories != nil && !slices.Equal(c.directories, c.old.Directories) {
		r.Directories = c.directories
	}
	if !slices.Equal(c.removing, c.old.RemovingReplicas) {
		r.RemovingReplicas = nonNil(c.removing)
	}
	if !slices.Equal(c.adding, c.old.AddingReplicas) {
		r.AddingReplicas = nonNil(c.adding)
	}
}

func isNoOp(r *mr.PartitionChangeRecord) bool {
	return r.ISR == nil && r.Leader == noLeaderChange && r.Replicas == nil && r.RemovingReplicas == nil &&
		r.AddingReplicas == nil && r.LeaderRecoveryState == noRecoveryChange && r.Directories == nil &&
		r.EligibleLeaderReplicas == nil && r.LastKnownELR == nil
}

func without(s []int32, drop ...int32) []int32 {
	out := make([]int32, 0, len(s))
	for _, id := range s {
		if !slices.Contains(drop, id) {
			out = append(out, id)
		}
	}
	return out
}

func containsAll(s, all []int32) bool {
	for _, id := range all {
		if !slices.Contains(s, id) {
			return false
		}
	}
	return true
}

func nonNil(s []int32) []int32 {
	if s == nil {
		return []int32{}
	}
	return s
}
