package replication

import (
	"log/slog"
	"sync"
	"sync/atomic"

	"github.com/gregorhq/gregor/internal/config"
	"github.com/gregorhq/gregor/internal/logmanager"
	"github.com/gregorhq/gregor/internal/metadata"
	"github.com/gregorhq/gregor/internal/protocol"
	"github.com/gregorhq/gregor/internal/protocol/wire"
	"github.com/gregorhq/gregor/internal/purgatory"
	"github.com/gregorhq/gregor/internal/replica"
	"github.com/gregorhq/gregor/storage"
)

// AlterPartition carries a wish for another ISR to the controller. done is called once, on any goroutine, later.
type AlterPartition interface {
	AlterPartition(topic wire.UUID, partition int32, a *replica.Alteration, done func(replica.PartitionAltered))
}

// Options is what a Manager is made of.
type Options struct {
	BrokerID int32
	Logs     *logmanager.Manager
	// Config is the broker's configuration. ConfigChanged follows every change of it.
	Config *config.Dynamic
	// Clock is the wall clock in milliseconds since 1970, for what is not caused by a request.
	Clock func() int64
	// Elapsed is milliseconds, from 1 on, of a clock that is never set: deadlines and lags are kept by it. Nil means Clock.
	Elapsed func() int64
	// Controller carries ISR changes; nil means that none are ever needed (one node).
	Controller AlterPartition
	// OnConversion is told of records that were compressed anew; it must be quick. Nil means nobody.
	OnConversion func(storage.Conversion)
	Logger       *slog.Logger // nil means slog.Default
}

// Manager is all partitions that this broker holds. Its methods are safe for concurrent use.
type Manager struct {
	opts   Options
	logger *slog.Logger
	logs   *logmanager.Manager

	image  atomic.Pointer[metadata.Image]
	config *config.Dynamic

	// apply serializes Start and ApplyDelta, and guards defaults.
	apply sync.Mutex
	// defaults is the configuration of topics without overrides; they all share it.
	defaults *topicConfig

	// mu guards the tables of topics.
	mu     sync.RWMutex
	byName map[string]*hosted
	byID   map[wire.UUID]*hosted

	// waits guards the purgatory and the keys of all partitions.
	waits     sync.Mutex
	purgatory purgatory.Purgatory
	// nextTickMs is when Tick looks at partitions again; only Tick touches it.
	nextTickMs int64
	// rearm tells the expiry driver that an earlier deadline came.
	rearm chan struct{}

	// offline collects the partitions that an image names and that have no log.
	offline offlineReport
	drivers drivers
	stats   Stats
}

// hosted is a topic of which this broker holds replicas.
type hosted struct {
	name string
	id   wire.UUID
	// parts is indexed by partition; nil where this broker holds none. Guarded by Manager.mu.
	parts []*Partition
	stats Stats
}

// New makes a Manager without partitions; Start gives it those of an image.
func New(o Options) *Manager {
	m := &Manager{opts: o, config: o.Config, logger: o.Logger, logs: o.Logs, byName: map[string]*hosted{}, byID: map[wire.UUID]*hosted{}, rearm: make(chan struct{}, 1)}
	if m.opts.Elapsed == nil {
		m.opts.Elapsed = m.opts.Clock
	}
	if m.logger == nil {
		m.logger = slog.Default()
	}
	m.image.Store(metadata.Empty())
	return m
}

// Image is the metadata image in effect.
func (m *Manager) Image() *metadata.Image { return m.image.Load() }

// find looks a partition up, by topic id if there is one. Without success the error is what Kafka answers.
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

// missing tells an unknown partition from one that other brokers hold.
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

// leaderOf names the leader of a partition that this broker does not hold.
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

// Partition finds a partition that this broker holds, nil when it does not.
func (m *Manager) Partition(topic string, index int32) *Partition {
	p, _ := m.find(topic, wire.UUID{}, index)
	return p
}

// partitions is a copy of all partitions.
func (m *Manager) partitions() []*Partition {
	m.mu.RLock()
	defer m.mu.RUnlock()
	var out []*Partition
	for _, t := range m.byID {
		for _, p := range t.parts {
			if p != nil {
				out = append(out, p)
			}
		}
	}
	return out
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

// diskFailed takes the directory of a log offline after an error of its disk. It must not be called with a partition's mutex
// held by anybody who waits for this call: the partitions concerned hear of it through LogsFailed.
func (m *Manager) diskFailed(l *logmanager.Log, err error) {
	m.drivers.later(func() { m.logs.Fail(l, err) })
}

// LogsFailed is logmanager's OnOffline: the partitions of a directory that failed serve nothing any more.
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
	}
}

// FetchMaxBytes is fetch.max.bytes: what one fetch answers with at most, whatever it asks for.
func (m *Manager) FetchMaxBytes() int32 { return int32(m.config.Int("fetch.max.bytes")) }

// InternalTopic tells topics that only brokers write to (Kafka's Topic.isInternal).
func InternalTopic(name string) bool {
	return name == "__consumer_offsets" || name == "__transaction_state" || name == "__share_group_state"
}
