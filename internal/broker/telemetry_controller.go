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

// clusterCounts is what an image says of the whole cluster.
type clusterCounts struct {
	topics, partitions, leaderless, unpreferred, active, fenced int
}

func countCluster(image *metadata.Image) (c clusterCounts) {
	for t := range image.Topics().All() {
		c.topics++
		for _, p := range t.Partitions {
			c.partitions++
			if p.Leader < 0 {
				c.leaderless++
			} else if p.Leader != p.PreferredReplica() {
				c.unpreferred++
			}
		}
	}
	for b := range image.Brokers() {
		if b.Fenced {
			c.fenced++
		} else {
			c.active++
		}
	}
	return c
}

// registerControllerMetrics is kafka.controller.
func (n *Node) registerControllerMetrics() {
	reg := n.Telemetry
	reg.OnScrape(func(emit telemetry.Emit) {
		active := n.quorum.Status().Active
		var c clusterCounts // only the active controller has values, others show 0, as in Kafka
		if active {
			c = countCluster(n.image.Load())
		}
		emit(telemetry.ActiveControllerCount, truth(active))
		emit(telemetry.GlobalTopicCount, float64(c.topics))
		emit(telemetry.GlobalPartitionCount, float64(c.partitions))
		emit(telemetry.OfflinePartitionsCount, float64(c.leaderless))
		emit(telemetry.PreferredReplicaImbalanceCount, float64(c.unpreferred))
		emit(telemetry.ActiveBrokerCount, float64(c.active))
		emit(telemetry.FencedBrokerCount, float64(c.fenced))
	})

	s := n.quorum.Stats()
	n.counters(map[*telemetry.Metric]*atomic.Int64{
		telemetry.MetadataErrorCount: &s.Refused, telemetry.TimedOutBrokerHeartbeatCount: &s.SessionsEnded,
		telemetry.NewActiveControllersCount: &s.Leaders, telemetry.EventQueueOperationsStartedCount: &s.Requests,
		telemetry.EventQueueOperationsTimedOutCount: &s.TimedOut, telemetry.LastAppliedRecordTimestamp: &s.AppliedMs,
		telemetry.UncleanLeaderElections: &n.elections.unclean, telemetry.ElectionsFromEligibleLeaderReplicas: &n.elections.eligible,
	})
	reg.Show(telemetry.EventQueueTime, &s.Queued)
	reg.Show(telemetry.EventQueueProcessingTime, &s.Processing)
	busy := telemetry.NewRate(n.host.Now())
	reg.GaugeFunc(telemetry.EventManagerIdle, func() float64 {
		return max(0, 1-busy.PerSecond(n.host.Now(), time.Duration(s.BusyNs.Load()).Seconds()))
	})
	reg.OnScrape(func(emit telemetry.Emit) {
		status, lag := n.quorum.Status(), int64(0)
		if !status.Active {
			lag = n.nowMs() - s.AppliedMs.Load()
		}
		emit(telemetry.LastAppliedRecordOffset, float64(n.quorum.Image().Offset()))
		emit(telemetry.LastCommittedRecordOffset, float64(status.HighWatermark-1))
		emit(telemetry.LastAppliedRecordLagMs, float64(lag))
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
	reg.OnScrape(func(emit telemetry.Emit) {
		status, state := n.quorum.Status(), "follower"
		if status.Active {
			state = "leader"
		}
		emit(telemetry.RaftCurrentState, 1, state)
		emit(telemetry.RaftCurrentLeader, float64(status.LeaderID))
		emit(telemetry.CurrentControllerID, float64(status.LeaderID))
		emit(telemetry.RaftCurrentEpoch, float64(status.Epoch))
		emit(telemetry.RaftCurrentVote, float64(s.Vote.Load()))
		emit(telemetry.RaftHighWatermark, float64(status.HighWatermark))
		emit(telemetry.RaftLogEndOffset, float64(status.LogEndOffset))
		emit(telemetry.RaftLogEndEpoch, float64(s.LastEpoch.Load()))
		emit(telemetry.RaftVoters, float64(max(len(status.Voters), 1)))
	})
	n.recent(telemetry.RaftCommitLatencyAvg, telemetry.RaftCommitLatencyMax, &s.Commits)
	n.recent(telemetry.RaftElectionLatencyAvg, telemetry.RaftElectionLatencyMax, &s.Elections)
	written := telemetry.NewRate(n.host.Now())
	reg.GaugeFunc(telemetry.RaftAppendRecordsRate, func() float64 { return written.PerSecond(n.host.Now(), float64(s.Records.Load())) })

	reg.OnScrape(func(emit telemetry.Emit) {
		image, appliedMs, lag := n.image.Load(), n.appliedMs.Load(), int64(0)
		// In Kafka a record comes twice a second, so that the age of the last one is the lag. Here nothing is written while
		// nothing changes: who has applied all that is committed is up to date however old it is.
		if image.Offset() < n.quorum.Image().Offset() {
			lag = max(n.nowMs()-appliedMs, 0)
		}
		emit(telemetry.MetadataLastAppliedOffset, float64(image.Offset()))
		emit(telemetry.MetadataLastAppliedTimestamp, float64(appliedMs))
		emit(telemetry.MetadataLastAppliedLag, float64(lag))
		emit(telemetry.CurrentMetadataVersion, float64(image.Features().MetadataVersion()))
	})
	reg.GaugeFunc(telemetry.SnapshotGeneratedBytes, func() float64 { return float64(s.SnapshotBytes.Load()) })
	reg.GaugeFunc(telemetry.SnapshotGeneratedAge, func() float64 { return float64(max(n.nowMs()-s.SnapshotMs.Load(), 0)) })
}

// recent shows mean and greatest of durations.
func (n *Node) recent(mean, worst *telemetry.Metric, r *telemetry.Recent) {
	n.Telemetry.OnScrape(func(emit telemetry.Emit) {
		m, w := r.Millis(n.host.Now())
		emit(mean, m)
		emit(worst, w)
	})
}
