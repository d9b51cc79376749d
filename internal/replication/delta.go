package replication

import (
	"errors"
	"slices"
	"strings"

	"github.com/gregorhq/gregor/internal/config"
	"github.com/gregorhq/gregor/internal/logmanager"
	"github.com/gregorhq/gregor/internal/metadata"
	"github.com/gregorhq/gregor/internal/protocol/wire"
	"github.com/gregorhq/gregor/internal/replica"
	"github.com/gregorhq/gregor/storage"
)

// Start opens all logs as the first image describes them, and takes the roles that the image gives
// this broker. The image must contain everything that the controller had committed when the broker
// began: a log that is not in it becomes a stray. skip names topics whose logs another package owns
// (the metadata log). progress may be nil.
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
			if p == nil || !p.HasReplica(m.opts.BrokerID) {
				return logmanager.Spec{Stray: true}
			}
			return logmanager.Spec{Stray: id != noTopicID && wire.UUID(id) != t.ID, Config: configs[topic].storage, TopicID: t.ID,
				DirID: p.DirectoryOf(m.opts.BrokerID)}
		},
		TopicName: func(id [16]byte) string {
			if t := image.Topics().ByID(id); t != nil {
				return t.Name
			}
			return ""
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
	m.reportTransactions()
	return nil
}

// change is a partition that an image has created or changed.
type change struct {
	topic  *metadata.Topic
	index  int32
	config *topicConfig
	// old says that the partition existed before this broker started.
	old bool
}

// applyAll applies changes, many at the same time. New partitions get their roles, and so their
// first records, after it is durable that their logs exist.
func (m *Manager) applyAll(all []change, nowMs int64) {
	parts := make([]*Partition, len(all))
	m.each(len(all), func(i int) {
		parts[i] = m.place(all[i], nowMs)
	})
	groups := byDir(parts)
	m.host.Each(len(groups), len(groups), func(g int) {
		at := groups[g]
		if log := parts[at[0]].log; log != nil {
			m.logs.RecordNew(log.LogDir())
		}
		m.each(len(at), func(i int) { parts[at[i]].assume(all[at[i]]) })
	})
	m.follow(parts)
	m.reportOffline()
}

// byDir returns the indexes of the partitions of each log directory, and those of the partitions
// without a log. So no partition waits for the disk of another directory.
func byDir(parts []*Partition) (groups [][]int) {
	var dirs []*logmanager.Dir
	for i, p := range parts {
		if p == nil {
			continue
		}
		var dir *logmanager.Dir
		if p.log != nil {
			dir = p.log.LogDir()
		}
		g := slices.Index(dirs, dir)
		if g < 0 {
			g = len(dirs)
			dirs, groups = append(dirs, dir), append(groups, nil)
		}
		groups[g] = append(groups[g], i)
	}
	return groups
}

// ApplyDelta applies a new image: it creates and deletes partitions and changes their roles and
// settings. The caller publishes images in their order.
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
	m.brokersChanged(image, delta.Brokers())
}

// brokersChanged gives the state of other brokers to the partitions that have followers there.
func (m *Manager) brokersChanged(image *metadata.Image, ids []int32) {
	if len(ids) == 0 {
		return
	}
	for _, p := range m.partitions() {
		if !p.replicated.Load() {
			continue
		}
		for _, id := range ids {
			changed := replica.BrokerChanged{Broker: id, BrokerEpoch: -1}
			if b := image.Broker(id); b != nil {
				changed.BrokerEpoch, changed.Serving = b.Epoch, !b.Fenced && !b.InControlledShutdown
			}
			p.mu.Lock()
			fx := p.step(changed)
			p.mu.Unlock()
			p.perform(fx, unknownBytes)
		}
	}
}

// ConfigChanged puts a changed broker configuration into effect, for all topics.
func (m *Manager) ConfigChanged() {
	m.apply.Lock()
	defer m.apply.Unlock()
	m.defaults = nil
	m.logs.SetConfig(logmanager.ConfigFrom(m.config.Values()))
	m.configureFollowings()
	m.quota.setBound(m.config.Int64("leader.replication.throttled.rate"))
	image := m.image.Load()
	for t := range image.Topics().All() {
		m.reconfigure(image, t.Name)
	}
}

// configOf returns a topic's configuration. The caller holds m.apply.
func (m *Manager) configOf(image *metadata.Image, topic string) *topicConfig {
	overrides := image.Configs(metadata.ResourceTopic, topic)
	if len(overrides) == 0 && m.defaults != nil {
		return m.defaults
	}
	t, warnings := config.Topic(m.config.Values(), overrides)
	m.warn(topic, warnings)
	c := &topicConfig{storage: logmanager.StorageConfig(t)}
	t.Fill(c)
	if len(overrides) == 0 {
		m.defaults = c
	}
	return c
}

// warn logs once that stored values of a topic are not valid. The controller validates settings, so
// they come from another version of Kafka or gregor. The caller holds m.apply.
func (m *Manager) warn(topic string, warnings []config.Warning) {
	var lines []string
	for _, w := range warnings {
		lines = append(lines, w.String())
	}
	text := strings.Join(lines, "; ")
	if text == m.warned[topic] {
		return
	}
	if text == "" {
		delete(m.warned, topic)
		return
	}
	m.warned[topic] = text
	m.logger.Warn("a topic has stored configurations that are not valid, its other ones apply", "topic", topic, "reason", text)
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
	m.follow(parts) // the throttled replicas and write.caching may have changed
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

// place finds or makes the partition with its log, or removes it. It returns nil when this broker
// has no replica of it.
func (m *Manager) place(c change, nowMs int64) *Partition {
	state := c.topic.Partitions[c.index]
	if !state.HasReplica(m.opts.BrokerID) {
		m.dropPartition(c.topic.ID, c.index, nowMs)
		return nil
	}
	return m.obtain(c, state, nowMs)
}

// assume gives the partition the role that the image says.
func (p *Partition) assume(c change) {
	state, broker := c.topic.Partitions[c.index], p.m.opts.BrokerID
	p.replicated.Store(len(state.Replicas) > 1)
	p.mu.Lock()
	before := p.core.LeaderEpoch()
	var fx replica.Effects
	if state.Leader == broker {
		fx = p.step(replica.BecomeLeader{Unsynced: p.unsyncedEnd(), LeaderEpoch: state.LeaderEpoch, PartitionEpoch: state.PartitionEpoch,
			Replicas: state.Replicas, ISR: state.ISR, Adding: state.AddingReplicas, Removing: state.RemovingReplicas, Recovering: state.LeaderRecovery == metadata.LeaderRecovering})
	} else {
		fx = p.step(replica.BecomeFollower{Leader: state.Leader, LeaderEpoch: state.LeaderEpoch,
			PartitionEpoch: state.PartitionEpoch, Replicas: state.Replicas, ISR: state.ISR})
		if p.core.LeaderEpoch() != before {
			fx = joinEffects(fx, p.settleFollower())
		}
	}
	p.mu.Unlock()
	p.perform(fx, unknownBytes)
}

// obtain finds the partition, or makes it with its log.
func (m *Manager) obtain(c change, state *metadata.Partition, nowMs int64) *Partition {
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
	p = &Partition{m: m, topic: t.Name, id: t.ID, index: index, old: c.old}
	p.config.Store(cfg)
	log, err := m.logs.Create(logmanager.CreateOptions{Topic: t.Name, Partition: index, TopicID: t.ID,
		DirID: state.DirectoryOf(m.opts.BrokerID), Config: cfg.storage, NowMs: nowMs, MayExist: c.old})
	if err != nil {
		m.offline.add(t.Name, index, err)
		p.absent = absentDir(err, state.DirectoryOf(m.opts.BrokerID))
		p.core = replica.New(replica.Options{LocalID: m.opts.BrokerID})
		p.core.Step(m.elapsedMs(), replica.LogFailed{})
	} else {
		p.log = log
		set := m.settings(cfg)
		p.core = replica.New(replica.Options{LocalID: m.opts.BrokerID, LogStartOffset: log.LogStartOffset(), LogEndOffset: log.LogEndOffset(),
			HighWatermark: log.InitialHighWatermark, MinISR: set.MinISR, LagMaxMs: set.LagMaxMs})
		log.SetHighWatermark(p.core.HighWatermark())
	}
	leadership := p.core.Leadership
	p.leadership.Store(&leadership)
	m.enter(t, p)
	if storage.Classify(err) == storage.ClassRetry {
		m.reopenLater(p)
	}
	if log != nil && log.LogDir().Err() != nil {
		// The directory failed before LogsFailed could find the partition.
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

// dropTopic removes a deleted topic and deletes its logs.
func (m *Manager) dropTopic(id wire.UUID, nowMs int64) {
	m.mu.Lock()
	h := m.byID[id]
	if h != nil {
		delete(m.byID, id)
		if m.byName[h.name] == h {
			delete(m.byName, h.name)
			delete(m.warned, h.name)
		}
	}
	m.mu.Unlock()
	if h == nil {
		return
	}
	m.each(len(h.parts), func(i int) {
		if p := h.parts[i]; p != nil {
			p.deleted.Store(true)
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

// drop ends a partition of this broker. Its delayed operations fail with NOT_LEADER_OR_FOLLOWER, or
// with UNKNOWN_TOPIC_OR_PARTITION when the topic is deleted, and its log is deleted.
func (m *Manager) drop(p *Partition, nowMs int64) {
	p.mu.Lock()
	fx := p.step(replica.Removed{})
	p.mu.Unlock()
	p.perform(fx, unknownBytes)
	m.unfollow(p)
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
