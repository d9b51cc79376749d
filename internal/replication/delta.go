package replication

import (
	"errors"
	"slices"

	"github.com/gregorhq/gregor/internal/config"
	"github.com/gregorhq/gregor/internal/logmanager"
	"github.com/gregorhq/gregor/internal/metadata"
	"github.com/gregorhq/gregor/internal/protocol/wire"
	"github.com/gregorhq/gregor/internal/replica"
)

// Start opens all logs as the first image wants them, and takes up the roles that it gives. skip names topics whose logs somebody
// else owns (the metadata log). progress may be nil.
func (m *Manager) Start(image *metadata.Image, nowMs int64, skip func(topic string) bool, progress func(done, total int)) error {
	m.apply.Lock()
	defer m.apply.Unlock()
	m.image.Store(image)
	configs := map[string]*topicConfig{}
	for t := range image.Topics().All() {
		configs[t.Name] = m.configOf(image, t.Name)
	}
	err := m.logs.Load(logmanager.LoadOptions{NowMs: nowMs, Skip: skip, Progress: progress,
		Describe: func(topic string, index int32, id [16]byte) logmanager.Spec {
			t := image.Topics().ByName(topic)
			p := t.Partition(index)
			if p == nil || !p.HasReplica(m.opts.BrokerID) || (id != noTopicID && wire.UUID(id) != t.ID) {
				return logmanager.Spec{Stray: true}
			}
			return logmanager.Spec{Config: configs[topic].storage, TopicID: t.ID}
		}})
	if err != nil {
		return err
	}
	var all []change
	for t := range image.Topics().All() {
		for i := range t.Partitions {
			all = append(all, change{t, int32(i), configs[t.Name], true})
		}
	}
	m.applyAll(all, nowMs)
	return nil
}

// change is a partition that an image has made or changed.
type change struct {
	topic  *metadata.Topic
	index  int32
	config *topicConfig
	// old tells that the partition was there before this broker started.
	old bool
}

// applyAll applies changes, many at a time: new logs cost several fsyncs each, which disks do together as fast as one.
func (m *Manager) applyAll(all []change, nowMs int64) {
	m.drivers.each(len(all), func(i int) {
		m.applyPartition(all[i], nowMs)
	})
	m.reportOffline()
}

// ApplyDelta makes the partitions what a new image says: created, deleted, leading, following, with other settings. The caller
// publishes images in their order.
func (m *Manager) ApplyDelta(image *metadata.Image, delta *metadata.Delta, nowMs int64) {
	m.apply.Lock()
	defer m.apply.Unlock()
	m.image.Store(image)
	for _, r := range delta.Configs() {
		if r.Type == metadata.ResourceTopic {
			m.reconfigure(image, r.Name)
		}
	}
	var all []change
	for _, t := range delta.Topics() {
		if t.New == nil {
			m.dropTopic(t.ID, nowMs)
			continue
		}
		if len(t.Changed) == 0 {
			continue
		}
		cfg := m.configOf(image, t.Name)
		for _, index := range t.Changed {
			all = append(all, change{t.New, index, cfg, false})
		}
	}
	m.applyAll(all, nowMs)
}

// ConfigChanged puts a changed broker configuration into effect, for all topics.
func (m *Manager) ConfigChanged() {
	m.apply.Lock()
	defer m.apply.Unlock()
	m.defaults = nil
	m.logs.SetConfig(logmanager.ConfigFrom(m.config.Values()))
	image := m.image.Load()
	for t := range image.Topics().All() {
		m.reconfigure(image, t.Name)
	}
}

// configOf resolves a topic's configuration. m.apply is held.
func (m *Manager) configOf(image *metadata.Image, topic string) *topicConfig {
	overrides := image.Configs(metadata.ResourceTopic, topic)
	if len(overrides) == 0 && m.defaults != nil {
		return m.defaults
	}
	t, err := config.Topic(m.config.Values(), overrides)
	if err != nil {
		// The controller validates; what got past it, or came from another broker's version, must not stop a partition.
		m.logger.Warn("topic configuration is not usable, the broker's defaults apply", "topic", topic, "error", err)
		if t, err = config.Topic(m.config.Values(), nil); err != nil {
			panic("replication: the broker's own defaults are invalid: " + err.Error())
		}
	}
	c := &topicConfig{storage: logmanager.StorageConfig(t)}
	t.Fill(c)
	if len(overrides) == 0 {
		m.defaults = c
	}
	return c
}

func (m *Manager) reconfigure(image *metadata.Image, topic string) {
	m.mu.RLock()
	t := m.byName[topic]
	var parts []*Partition
	if t != nil {
		parts = slices.Clone(t.parts)
	}
	m.mu.RUnlock()
	if t == nil || image.Topics().ByName(topic) == nil {
		return
	}
	cfg := m.configOf(image, topic)
	for _, p := range parts {
		if p != nil {
			p.configure(cfg)
		}
	}
	m.logs.WakeCleaner()
}

func (p *Partition) configure(cfg *topicConfig) {
	p.mu.Lock()
	p.config.Store(cfg)
	if p.log != nil {
		p.log.SetConfig(cfg.storage)
	}
	fx := p.step(p.m.settings(cfg))
	p.mu.Unlock()
	p.perform(fx, unknownBytes)
}

func (m *Manager) settings(cfg *topicConfig) replica.Configured {
	return replica.Configured{MinISR: cfg.MinInsyncReplicas, LagMaxMs: m.config.Int64("replica.lag.time.max.ms")}
}

// applyPartition makes one partition what the image says.
func (m *Manager) applyPartition(c change, nowMs int64) {
	state := c.topic.Partitions[c.index]
	if !state.HasReplica(m.opts.BrokerID) {
		m.dropPartition(c.topic.ID, c.index, nowMs)
		return
	}
	p := m.host(c, state, nowMs)
	p.replicated.Store(len(state.Replicas) > 1)
	p.mu.Lock()
	var fx replica.Effects
	if state.Leader == m.opts.BrokerID {
		fx = p.step(replica.BecomeLeader{LeaderEpoch: state.LeaderEpoch, PartitionEpoch: state.PartitionEpoch,
			Replicas: state.Replicas, ISR: state.ISR, Adding: state.AddingReplicas, Removing: state.RemovingReplicas, Recovering: state.LeaderRecovery == metadata.LeaderRecovering})
	} else {
		fx = p.step(replica.BecomeFollower{Leader: state.Leader, LeaderEpoch: state.LeaderEpoch,
			PartitionEpoch: state.PartitionEpoch, Replicas: state.Replicas, ISR: state.ISR})
	}
	p.mu.Unlock()
	p.perform(fx, unknownBytes)
}

// host finds the partition, or makes it with its log.
func (m *Manager) host(c change, state *metadata.Partition, nowMs int64) *Partition {
	t, index, cfg := c.topic, c.index, c.config
	m.mu.RLock()
	var p *Partition
	if h := m.byID[t.ID]; h != nil && int(index) < len(h.parts) {
		p = h.parts[index]
	}
	m.mu.RUnlock()
	if p != nil {
		return p
	}
	p = &Partition{m: m, topic: t.Name, id: t.ID, index: index}
	p.config.Store(cfg)
	log, err := m.logs.Create(logmanager.CreateOptions{Topic: t.Name, Partition: index, TopicID: t.ID,
		DirID: state.DirectoryOf(m.opts.BrokerID), Config: cfg.storage, NowMs: nowMs, MayExist: c.old})
	if err != nil {
		m.offline.add(t.Name, index, err)
		var damaged *logmanager.LogError
		p.lost = errors.Is(err, logmanager.ErrLost) || errors.As(err, &damaged)
		p.core = replica.New(replica.Options{LocalID: m.opts.BrokerID})
		p.core.Step(m.opts.Elapsed(), replica.LogFailed{})
	} else {
		p.log = log
		set := m.settings(cfg)
		p.core = replica.New(replica.Options{LocalID: m.opts.BrokerID, LogStartOffset: log.LogStartOffset(), LogEndOffset: log.LogEndOffset(),
			HighWatermark: log.InitialHighWatermark, MinISR: set.MinISR, LagMaxMs: set.LagMaxMs})
		log.SetHighWatermark(p.core.HighWatermark())
	}
	standing := p.core.Leadership
	p.standing.Store(&standing)
	m.enter(t, p)
	if log != nil && log.LogDir().Err() != nil {
		// The directory failed before the partition could be found by LogsFailed.
		m.LogsFailed("", []*logmanager.Log{log}, log.LogDir().Err())
	}
	return p
}

func (m *Manager) enter(t *metadata.Topic, p *Partition) {
	m.mu.Lock()
	defer m.mu.Unlock()
	h := m.byID[t.ID]
	if h == nil {
		h = &hosted{name: t.Name, id: t.ID}
		m.byID[t.ID], m.byName[t.Name] = h, h
	}
	p.stats = &h.stats
	for len(h.parts) <= int(p.index) {
		h.parts = append(h.parts, make([]*Partition, max(len(t.Partitions), int(p.index)+1)-len(h.parts))...)
	}
	h.parts[p.index] = p
}

// dropTopic forgets a deleted topic and deletes its logs.
func (m *Manager) dropTopic(id wire.UUID, nowMs int64) {
	m.mu.Lock()
	h := m.byID[id]
	if h != nil {
		delete(m.byID, id)
		if m.byName[h.name] == h {
			delete(m.byName, h.name)
		}
	}
	m.mu.Unlock()
	if h == nil {
		return
	}
	m.drivers.each(len(h.parts), func(i int) {
		if p := h.parts[i]; p != nil {
			m.drop(p, nowMs)
		}
	})
}

func (m *Manager) dropPartition(id wire.UUID, index int32, nowMs int64) {
	m.mu.Lock()
	var p *Partition
	if h := m.byID[id]; h != nil && int(index) < len(h.parts) {
		p, h.parts[index] = h.parts[index], nil
	}
	m.mu.Unlock()
	if p != nil {
		m.drop(p, nowMs)
	}
}

// drop ends a partition of this broker: waiters hear that it does not lead any more, and its log goes.
func (m *Manager) drop(p *Partition, nowMs int64) {
	p.mu.Lock()
	fx := p.step(replica.Removed{})
	p.mu.Unlock()
	p.perform(fx, unknownBytes)
	if p.log == nil {
		if err := m.logs.Discard(p.topic, p.index, nowMs); err != nil {
			m.logger.Error("log is not deleted", "topic", p.topic, "partition", p.index, "error", err)
		}
		return
	}
	if err := m.logs.Delete(p.log, nowMs); err != nil && !errors.Is(err, logmanager.ErrOffline) {
		m.logger.Error("log is not deleted", "topic", p.topic, "partition", p.index, "error", err)
	}
}
