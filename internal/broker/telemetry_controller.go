package broker

import (
	"slices"
	"sync/atomic"
	"time"

	"github.com/gregorhq/gregor/internal/metadata"
	"github.com/gregorhq/gregor/internal/telemetry"
)

// elections counts leaders that this node elected as the active controller.
type elections struct{ unclean, eligible atomic.Int64 }

// count looks through a committed change: an unclean leader was in sync neither by the ISR nor by the ELR (KIP-966).
func (e *elections) count(delta *metadata.Delta) {
	for _, t := range delta.Topics() {
		if t.Old == nil || t.New == nil {
			continue
		}
		for _, i := range t.Changed {
			old, now := t.Old.Partition(i), t.New.Partition(i)
			switch {
			case old == nil || now.Leader < 0 || now.Leader == old.Leader || slices.Contains(old.ISR, now.Leader):
			case slices.Contains(old.ELR, now.Leader):
				e.eligible.Add(1)
			case now.LeaderRecovery == metadata.LeaderRecovering:
				e.unclean.Add(1)
			}
		}
	}
}

// active is a value that only the active controller has; others show 0, as in Kafka.
func (n *Node) active(v func() float64) func() float64 {
	return func() float64 {
		if !n.quorum.Status().Active {
			return 0
		}
		return v()
	}
}

// registerControllerMetrics is kafka.controller.
func (n *Node) registerControllerMetrics() {
	reg := n.Telemetry
	reg.GaugeFunc(telemetry.ActiveControllerCount, n.active(func() float64 { return 1 }))
	reg.GaugeFunc(telemetry.GlobalTopicCount, n.active(func() float64 { return float64(n.standing().topics) }))
	reg.GaugeFunc(telemetry.GlobalPartitionCount, n.active(func() float64 { return float64(n.standing().all) }))
	reg.GaugeFunc(telemetry.OfflinePartitionsCount, n.active(func() float64 { return float64(n.standing().leaderless) }))
	reg.GaugeFunc(telemetry.PreferredReplicaImbalanceCount, n.active(func() float64 { return float64(n.standing().unpreferred) }))
	brokers := func(fenced bool) func() float64 {
		return n.active(func() float64 {
			count := 0
			for b := range n.image.Load().Brokers() {
				if b.Fenced == fenced {
					count++
				}
			}
			return float64(count)
		})
	}
	reg.GaugeFunc(telemetry.ActiveBrokerCount, brokers(false))
	reg.GaugeFunc(telemetry.FencedBrokerCount, brokers(true))

	s := n.quorum.Stats()
	n.counters(map[*telemetry.Metric]*atomic.Int64{
		telemetry.MetadataErrorCount: &s.Refused, telemetry.TimedOutBrokerHeartbeatCount: &s.SessionsEnded,
		telemetry.NewActiveControllersCount: &s.Leaders, telemetry.EventQueueOperationsStartedCount: &s.Requests,
		telemetry.EventQueueOperationsTimedOutCount: &s.TimedOut, telemetry.LastAppliedRecordTimestamp: &s.AppliedMs,
		telemetry.UncleanLeaderElections: &n.elections.unclean, telemetry.ElectionsFromEligibleLeaderReplicas: &n.elections.eligible,
	})
	reg.Show(telemetry.EventQueueTime, &s.Queued)
	reg.Show(telemetry.EventQueueProcessingTime, &s.Processing)
	busy := telemetry.NewRate(time.Now())
	reg.GaugeFunc(telemetry.EventManagerIdle, func() float64 {
		return max(0, 1-busy.PerSecond(time.Now(), time.Duration(s.BusyNs.Load()).Seconds()))
	})
	reg.GaugeFunc(telemetry.LastAppliedRecordOffset, func() float64 { return float64(n.quorum.Image().Offset()) })
	reg.GaugeFunc(telemetry.LastCommittedRecordOffset, func() float64 { return float64(n.quorum.Status().HighWatermark - 1) })
	reg.GaugeFunc(telemetry.LastAppliedRecordLagMs, func() float64 {
		if n.quorum.Status().Active {
			return 0
		}
		return float64(n.nowMs() - s.AppliedMs.Load())
	})
}

// counters shows numbers that an engine counts.
func (n *Node) counters(all map[*telemetry.Metric]*atomic.Int64) {
	for m, v := range all {
		n.Telemetry.GaugeFunc(m, func() float64 { return float64(v.Load()) })
	}
}

// registerQuorumMetrics is the raft-metrics, and what kafka.server tells of the metadata on this broker.
func (n *Node) registerQuorumMetrics() {
	reg, s := n.Telemetry, n.quorum.Stats()
	reg.GaugeFunc(telemetry.RaftCurrentLeader, func() float64 { return float64(n.quorum.Status().LeaderID) })
	reg.GaugeFunc(telemetry.RaftCurrentEpoch, func() float64 { return float64(n.quorum.Status().Epoch) })
	reg.GaugeFunc(telemetry.RaftCurrentVote, func() float64 { return float64(s.Vote.Load()) })
	reg.GaugeFunc(telemetry.RaftHighWatermark, func() float64 { return float64(n.quorum.Status().HighWatermark) })
	reg.GaugeFunc(telemetry.RaftLogEndOffset, func() float64 { return float64(n.quorum.Status().LogEndOffset) })
	reg.GaugeFunc(telemetry.RaftLogEndEpoch, func() float64 { return float64(s.LastEpoch.Load()) })
	reg.GaugeFunc(telemetry.RaftVoters, func() float64 { return float64(max(len(n.quorum.Status().Voters), 1)) })
	reg.Func(telemetry.RaftCurrentState, func(emit func(float64, ...string)) {
		state := "follower"
		if n.quorum.Status().Active {
			state = "leader"
		}
		emit(1, state)
	})
	n.recent(telemetry.RaftCommitLatencyAvg, telemetry.RaftCommitLatencyMax, &s.Commits)
	n.recent(telemetry.RaftElectionLatencyAvg, telemetry.RaftElectionLatencyMax, &s.Elections)
	written := telemetry.NewRate(time.Now())
	reg.GaugeFunc(telemetry.RaftAppendRecordsRate, func() float64 { return written.PerSecond(time.Now(), float64(s.Records.Load())) })

	reg.GaugeFunc(telemetry.MetadataLastAppliedOffset, func() float64 { return float64(n.image.Load().Offset()) })
	reg.GaugeFunc(telemetry.MetadataLastAppliedTimestamp, func() float64 { return float64(n.appliedMs.Load()) })
	reg.GaugeFunc(telemetry.MetadataLastAppliedLag, func() float64 {
		// In Kafka a record comes twice a second, so that the age of the last one is the lag. Here nothing is written while
		// nothing changes: who has applied all that is committed is up to date however old it is.
		if n.image.Load().Offset() >= n.quorum.Image().Offset() {
			return 0
		}
		return float64(max(n.nowMs()-n.appliedMs.Load(), 0))
	})
	reg.GaugeFunc(telemetry.CurrentMetadataVersion, func() float64 { return float64(n.image.Load().Features().MetadataVersion()) })
	reg.GaugeFunc(telemetry.CurrentControllerID, func() float64 { return float64(n.quorum.Status().LeaderID) })
	reg.GaugeFunc(telemetry.SnapshotGeneratedBytes, func() float64 { return float64(s.SnapshotBytes.Load()) })
	reg.GaugeFunc(telemetry.SnapshotGeneratedAge, func() float64 { return float64(max(n.nowMs()-s.SnapshotMs.Load(), 0)) })
}

// recent shows mean and greatest of durations.
func (n *Node) recent(mean, worst *telemetry.Metric, r *telemetry.Recent) {
	n.Telemetry.GaugeFunc(mean, func() float64 { v, _ := r.Millis(time.Now()); return v })
	n.Telemetry.GaugeFunc(worst, func() float64 { _, v := r.Millis(time.Now()); return v })
}
