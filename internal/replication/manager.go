package replication

import (
	"bytes"
	"cmp"
	"log/slog"
	"maps"
	"math"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gregorhq/gregor/internal/config"
	"github.com/gregorhq/gregor/internal/host"
	"github.com/gregorhq/gregor/internal/logmanager"
	"github.com/gregorhq/gregor/internal/metadata"
	"github.com/gregorhq/gregor/internal/protocol"
	"github.com/gregorhq/gregor/internal/protocol/wire"
	"github.com/gregorhq/gregor/internal/purgatory"
	"github.com/gregorhq/gregor/internal/replica"
	"github.com/gregorhq/gregor/internal/telemetry"
	"github.com/gregorhq/gregor/storage"
)

// AlterPartition sends requests for another ISR to the controller. It calls done once with the
// answer, later and on any goroutine. After an answer that failed it calls done after a pause,
// because the partition then asks again at once.
type AlterPartition interface {
	AlterPartition(topic wire.UUID, partition int32, a *replica.Alteration, done func(replica.PartitionAltered))
}

// Options says how to make a Manager.
type Options struct {
	BrokerID int32
	Logs     *logmanager.Manager
	// Config is the broker's configuration. ConfigChanged follows every change of it.
	Config *config.Dynamic
	// Host gives clocks and an executor; nil means host.Real.
	Host host.Host
	// Controller takes requests for ISR changes. Nil drops them, for a node without a
	// controller.
	Controller AlterPartition
	// Peers takes the fetches of this broker's followers. Nil fetches nothing, for a node alone.
	Peers Peers
	// BrokerEpoch returns the epoch of this broker's registration. Nil takes it from the image.
	BrokerEpoch func() int64
	// OnConversion is called after records were compressed again. It must be quick. Nil calls
	// nothing.
	OnConversion func(storage.Conversion)
	Logger       *slog.Logger // nil means slog.Default
}

// Manager has all partitions of this broker. Its methods are safe for concurrent use.
type Manager struct {
	opts Options
	host host.Host
	// elapsed is host.Elapsed.
	elapsed func() time.Duration
	logger  *slog.Logger
	logs    *logmanager.Manager

	image  atomic.Pointer[metadata.Image]
	config *config.Dynamic

	// apply serializes Start and ApplyDelta, and guards defaults and warned.
	apply sync.Mutex
	// defaults is the configuration of topics without overrides; they all share it.
	defaults *topicConfig
	// warned holds the warning that was logged about the configuration of a topic.
	warned map[string]string

	// mu guards the tables of topics.
	mu     sync.RWMutex
	byName map[string]*hosted
	byID   map[wire.UUID]*hosted

	// parked guards the purgatory, the keys of all partitions, expiryMs and running.
	parked    sync.Mutex
	purgatory purgatory.Purgatory
	// expiryMs is the deadline at which the expiry loop runs next, math.MaxInt64 for none.
	expiryMs int64
	running  bool
	// nextTickMs is the time of the next check of Tick. Only Tick uses it.
	nextTickMs int64

	// followings are the leaders of this broker's followers.
	followings followings
	// quota bounds throttled followers of this broker's leaders.
	quota leaderQuota

	// offline collects the partitions that an image names and that have no log.
	offline offlineReport

	expiry *host.Loop
	// unopened are the partitions whose logs are to be opened at reopenMs, a time of the host's
	// monotonic clock. Guarded by mu. reopen opens them.
	unopened []*Partition
	reopenMs int64
	reopen   *host.Loop
	// jobs is the work that must not run under the locks under which it becomes due.
	jobs  *host.Group
	stats Stats
	// corrupt limits the log lines of sayCorrupt.
	corrupt *telemetry.Limiter
}

// hosted is a topic of which this broker has replicas.
type hosted struct {
	name string
	id   wire.UUID
	// parts is indexed by partition, nil where this broker has no replica. Guarded by
	// Manager.mu.
	parts []*Partition
	stats Stats
}

// New makes a Manager without partitions. Start gives it those of an image.
func New(o Options) *Manager {
	m := &Manager{opts: o, config: o.Config, logger: o.Logger, logs: o.Logs, byName: map[string]*hosted{}, byID: map[wire.UUID]*hosted{}, warned: map[string]string{}, host: o.Host, expiryMs: math.MaxInt64, corrupt: telemetry.NewLimiter(corruptEvery)}
	if m.host == nil {
		m.host = host.Real()
	}
	m.elapsed = m.host.Elapsed
	m.followings.byLeader = map[int32]*following{}
	m.quota.rate = m.newRate("leader.replication.throttled.rate")
	m.expiry, m.jobs = host.NewLoop(m.host, m.expire), host.NewGroup(m.host)
	m.reopen = host.NewLoop(m.host, m.reopenAll)
	if m.logger == nil {
		m.logger = slog.Default()
	}
	m.image.Store(metadata.Empty())
	return m
}

// nowMs returns the wall clock in milliseconds since 1970, for what no request causes.
func (m *Manager) nowMs() int64 { return host.Millis(m.host) }

// elapsedMs returns the monotonic clock in milliseconds. Deadlines and lags are times of this
// clock.
func (m *Manager) elapsedMs() int64 { return host.ElapsedMillis(m.host) }

// Image returns the metadata image in effect.
func (m *Manager) Image() *metadata.Image { return m.image.Load() }

// find looks a partition up, by topic id if it is not zero. If this broker does not have it, the
// error is Kafka's.
func (m *Manager) find(topic string, id wire.UUID, index int32) (*Partition, protocol.Error) {
	m.mu.RLock()
	t := m.byID[id]
	if id == (wire.UUID{}) {
		t = m.byName[topic]
	}
	var p *Partition
	if t != nil && index >= 0 && int(index) < len(t.parts) {
		p = t.parts[index]
	}
	m.mu.RUnlock()
	if p != nil {
		return p, protocol.ErrNone
	}
	return nil, m.missing(topic, id, index)
}

// missing returns the error for a partition that this broker does not have: it is unknown, or other
// brokers have it.
func (m *Manager) missing(topic string, id wire.UUID, index int32) protocol.Error {
	topics := m.image.Load().Topics()
	t := topics.ByName(topic)
	if id != (wire.UUID{}) {
		if t = topics.ByID(id); t == nil {
			return protocol.ErrUnknownTopicID
		}
	}
	if t.Partition(index) == nil {
		return protocol.ErrUnknownTopicOrPartition
	}
	return protocol.ErrNotLeaderOrFollower
}

// leaderOf returns the leader of a partition that this broker does not have.
func (m *Manager) leaderOf(topic string, id wire.UUID, index int32, err protocol.Error) (leader, epoch int32) {
	if err != protocol.ErrNotLeaderOrFollower {
		return -1, -1
	}
	topics := m.image.Load().Topics()
	t := topics.ByName(topic)
	if id != (wire.UUID{}) {
		t = topics.ByID(id)
	}
	p := t.Partition(index)
	if p == nil {
		return -1, -1
	}
	return p.Leader, p.LeaderEpoch
}

// Partition returns a partition of this broker, nil if it has no replica of it.
func (m *Manager) Partition(topic string, index int32) *Partition {
	p, _ := m.find(topic, wire.UUID{}, index)
	return p
}

// partitions returns all partitions, sorted by topic and index.
func (m *Manager) partitions() []*Partition {
	m.mu.RLock()
	defer m.mu.RUnlock()
	var out []*Partition
	for _, t := range m.topics() {
		for _, p := range t.parts {
			if p != nil {
				out = append(out, p)
			}
		}
	}
	return out
}

// topics returns all topics, sorted by name. A topic that was deleted and made again has two ids
// for a moment. The caller holds mu.
func (m *Manager) topics() []*hosted {
	return slices.SortedFunc(maps.Values(m.byID), func(a, b *hosted) int {
		return cmp.Or(cmp.Compare(a.name, b.name), bytes.Compare(a.id[:], b.id[:]))
	})
}

// live reports whether a broker is registered and not fenced.
func (m *Manager) live(broker int32) bool {
	b := m.image.Load().Broker(broker)
	return b != nil && !b.Fenced
}

// restarted reports whether a broker has registered again since it sent a request with this broker
// epoch. -1 is an unknown epoch.
func (m *Manager) restarted(broker int32, epoch int64) bool {
	b := m.image.Load().Broker(broker)
	return epoch >= 0 && b != nil && !b.Fenced && b.Epoch > epoch
}

// eligible reports whether the controller would take a broker into an ISR.
func (m *Manager) eligible(broker int32, epoch int64) bool {
	b := m.image.Load().Broker(broker)
	return b != nil && !b.Fenced && !b.InControlledShutdown && (epoch < 0 || epoch == b.Epoch)
}

// logFailed reports an error to the log manager. It does so later, because the caller may hold the
// mutex of a partition that LogsFailed will take.
func (m *Manager) logFailed(l *logmanager.Log, err error) {
	m.jobs.Go(func() { m.logs.Fail(l, err) })
}

// LogsFailed implements OnOffline of logmanager. The partitions of a directory that failed serve
// nothing from then on.
func (m *Manager) LogsFailed(_ string, logs []*logmanager.Log, _ error) {
	failed := make(map[*logmanager.Log]bool, len(logs))
	for _, l := range logs {
		failed[l] = true
	}
	for _, p := range m.partitions() {
		if p.log == nil || !failed[p.log] {
			continue
		}
		p.mu.Lock()
		fx := p.step(replica.LogFailed{})
		p.mu.Unlock()
		p.perform(fx, unknownBytes)
		m.unfollow(p)
	}
}

// FetchMaxBytes returns fetch.max.bytes, the most that one fetch returns.
func (m *Manager) FetchMaxBytes() int32 { return int32(m.config.Int("fetch.max.bytes")) }
