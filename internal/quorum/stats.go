package quorum

import (
	"sync/atomic"
	"time"

	"github.com/gregorhq/gregor/internal/metadata"
	mr "github.com/gregorhq/gregor/internal/protocol/metadatarecord"
	"github.com/gregorhq/gregor/internal/telemetry"
)

// Stats are the metrics of a Controller. Every field may be read at any time.
type Stats struct {
	// Queued is the time that requests wait for the engine, Processing the time of one decision.
	Queued, Processing telemetry.Timer
	// Commits is the time from proposing records to their commit, Elections that from candidacy to
	// leadership.
	Commits, Elections telemetry.Recent
	// Requests counts requests that reached the engine, TimedOut requests that timed out before
	// their decision.
	Requests, TimedOut atomic.Int64
	// Leaders counts how often a leader became known, SessionsEnded brokers that were fenced for
	// lack of heartbeats, Refused decisions that could not be recorded and committed records that
	// could not be applied.
	Leaders, SessionsEnded, Refused atomic.Int64
	// Records counts records written to the metadata log, as leader or follower.
	Records atomic.Int64
	// BusyNs is the time that steps of the engine took, in nanoseconds.
	BusyNs atomic.Int64
	// AppliedMs is the timestamp of the last batch that was applied, in milliseconds since 1970; 0
	// before the first.
	AppliedMs atomic.Int64
	// SnapshotMs is the time of the newest snapshot, or of Open when there is none. SnapshotBytes
	// is the size of the newest snapshot, 0 when there is none.
	SnapshotMs, SnapshotBytes atomic.Int64
	// Vote is the node voted for in this epoch, -1 for none. LastEpoch is that of the log's last
	// record.
	Vote, LastEpoch atomic.Int32
}

// Stats returns the metrics. They begin at Open.
func (c *Controller) Stats() *Stats { return &c.stats }

// work counts the time from began to now as work.
func (s *Stats) work(began, now time.Duration) { s.BusyNs.Add(int64(now - began)) }

// noteFenced counts the brokers that a tick of the core fences.
func (s *Stats) noteFenced(records []metadata.Record) {
	for _, r := range records {
		if ch, ok := r.(*mr.BrokerRegistrationChangeRecord); ok && ch.Fenced == metadata.ChangeFence {
			s.SessionsEnded.Add(1)
		}
	}
}
