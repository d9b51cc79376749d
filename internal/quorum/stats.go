package quorum

import (
	"sync/atomic"
	"time"

	"github.com/gregorhq/gregor/internal/metadata"
	mr "github.com/gregorhq/gregor/internal/protocol/metadatarecord"
	"github.com/gregorhq/gregor/internal/telemetry"
)

// Stats are what metrics tell of a Controller beside its Status. Everything may be read at any time.
type Stats struct {
	// Queued is how long requests waited for the engine, Processing how long deciding on one took.
	Queued, Processing telemetry.Timer
	// Commits is the time from proposing records to their commit, Elections that from candidacy to leadership.
	Commits, Elections telemetry.Recent
	// Requests counts those that came to the engine, TimedOut those of them that nobody decided on in time.
	Requests, TimedOut atomic.Int64
	// Leaders counts how often a leader became known, SessionsEnded brokers that were fenced as they were not heard of,
	// Refused decisions that could not be recorded.
	Leaders, SessionsEnded, Refused atomic.Int64
	// Records counts records written to the metadata log, as leader or follower.
	Records atomic.Int64
	// BusyNs is how long the engine has been at work, in nanoseconds.
	BusyNs atomic.Int64
	// AppliedMs is the time stamp of the last batch that was applied, in milliseconds since 1970; 0 before the first.
	AppliedMs atomic.Int64
	// SnapshotMs is when the newest snapshot was written, or when the engine was made if it has not written one;
	// SnapshotBytes is the size of the newest, 0 without one.
	SnapshotMs, SnapshotBytes atomic.Int64
	// Vote is the node voted for in this epoch, -1 for none. LastEpoch is that of the log's last record.
	Vote, LastEpoch atomic.Int32
}

// Stats are counted since Open.
func (c *Controller) Stats() *Stats { return &c.stats }

// work counts the time since began as work.
func (s *Stats) work(began, now time.Time) { s.BusyNs.Add(int64(now.Sub(began))) }

// noteFenced counts the brokers that a tick of the core fences.
func (s *Stats) noteFenced(records []metadata.Record) {
	for _, r := range records {
		if ch, ok := r.(*mr.BrokerRegistrationChangeRecord); ok && ch.Fenced == metadata.ChangeFence {
			s.SessionsEnded.Add(1)
		}
	}
}
