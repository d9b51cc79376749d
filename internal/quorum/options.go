package quorum

import (
	"log/slog"
	"time"

	"github.com/gregorhq/gregor/internal/config"
	"github.com/gregorhq/gregor/internal/host"
	"github.com/gregorhq/gregor/internal/metadata"
	"github.com/gregorhq/gregor/internal/protocol/wire"
	"github.com/gregorhq/gregor/vfs"
)

// Voter is one controller of the quorum.
type Voter struct {
	ID          int32
	DirectoryID wire.UUID
	// Endpoints are the voter's controller listeners; their SecurityProtocol is not kept in the
	// voter set.
	Endpoints []metadata.Endpoint
	// MinVersion and MaxVersion are the levels of kraft.version that the voter supports.
	MinVersion, MaxVersion int16
}

// Options are the options of Open.
type Options struct {
	FS vfs.FS
	// Dir is metadata.log.dir: it holds the folder __cluster_metadata-0. It must have been
	// formatted.
	Dir         string
	NodeID      int32
	ClusterID   string
	DirectoryID wire.UUID
	// Voters is the static voter set of controller.quorum.voters (kraft.version 0). Empty means
	// that the set is in the bootstrap checkpoint and the log (kraft.version 1).
	Voters []Voter
	// CleanStop says that the node's last stop was clean, so that every byte of the log was synced.
	CleanStop bool
	// BrokerEpoch is the epoch of the broker at a clean stop.
	BrokerEpoch int64
	// BeforeWrite, when set, is called once, after the metadata log was checked and before anything
	// in its folder changes. CleanStop must not hold for the next start once it has returned.
	BeforeWrite func() error
	// Endpoints are this node's controller listeners, as other nodes reach them.
	Endpoints []metadata.Endpoint
	// Broker is the static configuration of this node.
	Broker *config.Broker
	// Registration, when set, is recorded as this controller's registration when it becomes active.
	Registration *metadata.ControllerNode
	// Logger may be nil.
	Logger *slog.Logger
	// Host gives clocks, randomness (topic ids, placement) and an executor; nil means host.Real.
	Host host.Host
	// Transport carries requests to other voters; nil when there is one voter.
	Transport Transport
	// OnFailure, when set, is called once, inside a step, when the metadata log can no longer be
	// written.
	OnFailure func(error)
}

// settings are the settings of the metadata log that are read from Options.Broker.
type settings struct {
	snapshotBytes    int64         // metadata.log.max.record.bytes.between.snapshots
	snapshotInterval time.Duration // metadata.log.max.snapshot.interval.ms, 0 for never
	segmentBytes     int64         // metadata.log.segment.bytes
	segmentMs        int64         // metadata.log.segment.ms
	retentionBytes   int64         // metadata.max.retention.bytes, -1 for no limit
	retention        time.Duration // metadata.max.retention.ms, -1 for no limit
	idleInterval     time.Duration // metadata.max.idle.interval.ms, 0 for never
	sessionTimeout   time.Duration // broker.session.timeout.ms
	balanceInterval  time.Duration // leader.imbalance.check.interval.seconds, 0 when balancing is off
	uncleanInterval  time.Duration // unclean.leader.election.interval.ms
}

func settingsOf(b *config.Broker) settings {
	ms := func(name string) time.Duration { return time.Duration(b.Int64(name)) * time.Millisecond }
	s := settings{
		snapshotBytes:    b.Int64("metadata.log.max.record.bytes.between.snapshots"),
		snapshotInterval: ms("metadata.log.max.snapshot.interval.ms"),
		segmentBytes:     b.Int64("metadata.log.segment.bytes"),
		segmentMs:        b.Int64("metadata.log.segment.ms"),
		retentionBytes:   b.Int64("metadata.max.retention.bytes"),
		retention:        ms("metadata.max.retention.ms"),
		idleInterval:     ms("metadata.max.idle.interval.ms"),
		sessionTimeout:   ms("broker.session.timeout.ms"),
		uncleanInterval:  ms("unclean.leader.election.interval.ms"),
	}
	if b.Bool("auto.leader.rebalance.enable") {
		s.balanceInterval = time.Duration(b.Int64("leader.imbalance.check.interval.seconds")) * time.Second
	}
	return s
}
