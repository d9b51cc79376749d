package quorum

import (
	"log/slog"
	"time"

	"github.com/gregorhq/gregor/internal/config"
	"github.com/gregorhq/gregor/internal/host"
	"github.com/gregorhq/gregor/internal/kraft"
	"github.com/gregorhq/gregor/internal/metadata"
	"github.com/gregorhq/gregor/internal/protocol/wire"
	"github.com/gregorhq/gregor/vfs"
)

// Voter is one voter of the quorum.
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
	// Bootstrap are the addresses of controller.quorum.bootstrap.servers.
	Bootstrap []kraft.Endpoint
	// Observer says that the node is no controller: it follows the quorum, never votes, and refuses
	// requests to the controller.
	Observer bool
	// CleanStop says that the node's last stop was clean, so that every byte of the log was synced.
	CleanStop bool
	// BrokerEpoch is the epoch of the broker at a clean stop.
	BrokerEpoch int64
	// BeforeWrite, when set, is called once, after the metadata log was checked and before anything
	// in its folder changes. CleanStop must not hold for the next start once it has returned.
	BeforeWrite func() error
	// Endpoints are this node's controller listeners, as other nodes reach them. An observer has
	// none.
	Endpoints []metadata.Endpoint
	// Broker is the static configuration of this node.
	Broker *config.Broker
	// Registration, when set, is recorded as this controller's registration when it becomes active.
	Registration *metadata.ControllerNode
	// Logger may be nil.
	Logger *slog.Logger
	// Host gives clocks, randomness (topic ids, placement) and an executor; nil means host.Real.
	Host host.Host
	// Transport carries requests to other controllers; nil when this node is the only voter.
	Transport Transport
	// OnActive is called inside a step of the engine when this node has become the active
	// controller. It must return soon. Nil calls nothing.
	OnActive func()
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

const (
	// fetchMaxWait is the time that a leader keeps a fetch (KafkaRaftClient.MAX_FETCH_WAIT_MS).
	fetchMaxWait = 500 * time.Millisecond
	// retryBackoffMax bounds the growing pauses after failed requests.
	retryBackoffMax = time.Second
	// timingMin replaces a time of 0, which the keys allow. With it a node would act in a loop.
	timingMin = time.Millisecond
)

// timingOf reads the keys controller.quorum.* about times and sizes.
func timingOf(b *config.Broker) kraft.Options {
	ms := func(name string) time.Duration { return max(time.Duration(b.Int64(name))*time.Millisecond, timingMin) }
	o := kraft.Options{
		ElectionTimeout:    ms("controller.quorum.election.timeout.ms"),
		ElectionBackoffMax: ms("controller.quorum.election.backoff.max.ms"),
		FetchTimeout:       ms("controller.quorum.fetch.timeout.ms"),
		RequestTimeout:     ms("controller.quorum.request.timeout.ms"),
		RetryBackoff:       ms("controller.quorum.retry.backoff.ms"),
		FetchMaxBytes:      int32(b.Int("controller.quorum.fetch.max.bytes")),
		SnapshotMaxBytes:   int32(b.Int("controller.quorum.fetch.snapshot.max.bytes")),
		FetchMaxWait:       fetchMaxWait,
	}
	o.RetryBackoffMax = max(o.RetryBackoff, retryBackoffMax)
	return o
}
