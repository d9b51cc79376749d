package quorum

import (
	"strconv"
	"sync"

	"github.com/gregorhq/gregor/internal/config"
	"github.com/gregorhq/gregor/internal/protocol"
)

// Names of the topics that Kafka keeps its own state in.
const (
	GroupTopic       = "__consumer_offsets"
	TransactionTopic = "__transaction_state"
	ShareTopic       = "__share_group_state"
)

// internalTopic says how a topic of Kafka's own is created (AutoTopicCreationManager, and the coordinators' configs of it).
type internalTopic struct {
	partitionsKey, factorKey string
	// configs are names and values, configsFrom names and the node's keys that hold the values.
	configs, configsFrom [][2]string
}

var internalTopics = map[string]internalTopic{
	GroupTopic: {
		partitionsKey: "offsets.topic.num.partitions", factorKey: "offsets.topic.replication.factor",
		configs:     [][2]string{{"cleanup.policy", "compact"}, {"compression.type", "producer"}},
		configsFrom: [][2]string{{"segment.bytes", "offsets.topic.segment.bytes"}},
	},
	TransactionTopic: {
		partitionsKey: "transaction.state.log.num.partitions", factorKey: "transaction.state.log.replication.factor",
		configs: [][2]string{{"cleanup.policy", "compact"}, {"compression.type", "uncompressed"}, {"unclean.leader.election.enable", "false"}},
		configsFrom: [][2]string{{"min.insync.replicas", "transaction.state.log.min.isr"},
			{"segment.bytes", "transaction.state.log.segment.bytes"}},
	},
	ShareTopic: {
		partitionsKey: "share.coordinator.state.topic.num.partitions", factorKey: "share.coordinator.state.topic.replication.factor",
		configs: [][2]string{{"cleanup.policy", "delete"}, {"compression.type", "producer"}, {"retention.ms", "-1"}},
		configsFrom: [][2]string{{"min.insync.replicas", "share.coordinator.state.topic.min.isr"},
			{"segment.bytes", "share.coordinator.state.topic.segment.bytes"}},
	},
}

// autoCreateTimeoutMs is how long an automatic creation may wait for the controller (AutoTopicCreationManager).
const autoCreateTimeoutMs = 30_000

// AutoCreator creates topics that someone asked for without creating them. It answers nobody: who asked retries and
// finds the topic. A topic that is being created already is not asked for twice.
type AutoCreator struct {
	controller *Controller
	broker     *config.Broker

	mu       sync.Mutex
	inFlight map[string]struct{}
	// told are the refusals that were logged, by topic: who asked asks again soon, and one line says it.
	told map[string]protocol.Error
}

// maxTold bounds told: clients choose the names.
const maxTold = 1000

// NewAutoCreator makes one; broker is this node's static configuration.
func NewAutoCreator(c *Controller, broker *config.Broker) *AutoCreator {
	return &AutoCreator{controller: c, broker: broker, inFlight: map[string]struct{}{}, told: map[string]protocol.Error{}}
}

// Create begins to create topics and returns at once. Names of Kafka's own topics get the partitions, replicas and
// configs that their coordinators need.
func (a *AutoCreator) Create(principal string, names ...string) {
	req := protocol.New[protocol.CreateTopicsRequest]()
	req.TimeoutMs = autoCreateTimeoutMs
	a.mu.Lock()
	for _, name := range names {
		if _, busy := a.inFlight[name]; !busy {
			a.inFlight[name] = struct{}{}
			req.Topics = append(req.Topics, a.topic(name))
		}
	}
	a.mu.Unlock()
	if len(req.Topics) == 0 {
		return
	}
	a.controller.CreateTopics(Request{Version: req.MaxVersion(), Principal: principal}, req, func(resp *protocol.CreateTopicsResponse) {
		a.mu.Lock()
		defer a.mu.Unlock()
		for _, t := range req.Topics {
			delete(a.inFlight, t.Name)
		}
		for i := range resp.Topics {
			a.tell(&resp.Topics[i])
		}
	})
}

// tell logs why a topic could not be made: nobody else hears of it, and consumers of a group only seem to hang. a.mu is held.
func (a *AutoCreator) tell(r *protocol.CreateTopicsResponseCreatableTopicResult) {
	err := protocol.Error(r.ErrorCode)
	if err == protocol.ErrNone || err == protocol.ErrTopicAlreadyExists {
		delete(a.told, r.Name)
		return
	}
	if a.told[r.Name] == err || err.Retriable() && err != protocol.ErrInvalidReplicationFactor {
		return
	}
	if len(a.told) >= maxTold {
		clear(a.told)
	}
	a.told[r.Name] = err
	reason := err.Message()
	if r.ErrorMessage != nil && *r.ErrorMessage != "" {
		reason = *r.ErrorMessage
	}
	if key := factorKey(r.Name); err == protocol.ErrInvalidReplicationFactor {
		reason += " The factor is that of " + key + "."
	}
	a.controller.engine.log.Warn("a topic that was asked for cannot be created", "topic", r.Name, "error", err.Name(), "reason", reason)
}

// factorKey is the configuration key that says how many replicas a topic gets that nobody creates by hand.
func factorKey(topic string) string {
	if t, ok := internalTopics[topic]; ok {
		return t.factorKey
	}
	return "default.replication.factor"
}

func (a *AutoCreator) topic(name string) protocol.CreateTopicsRequestCreatableTopic {
	t := protocol.CreateTopicsRequestCreatableTopic{Name: name, NumPartitions: -1, ReplicationFactor: -1}
	own, ok := internalTopics[name]
	if !ok {
		return t
	}
	t.NumPartitions, t.ReplicationFactor = int32(a.broker.Int(own.partitionsKey)), a.replicas(own.factorKey)
	set := func(name, value string) {
		t.Configs = append(t.Configs, protocol.CreateTopicsRequestCreatableTopicConfig{Name: name, Value: &value})
	}
	for _, c := range own.configs {
		set(c[0], c[1])
	}
	for _, c := range own.configsFrom {
		set(c[0], strconv.Itoa(a.broker.Int(c[1])))
	}
	return t
}

// replicas is the replication factor that a key asks for. Apache Kafka's default of 3 can never be had on one broker alone, and
// its users find that out by consumer groups that hang; so a factor that nobody set is as large as the brokers there are allow.
func (a *AutoCreator) replicas(key string) int16 {
	factor := int16(a.broker.Int(key))
	if a.broker.IsSet(key) {
		return factor
	}
	var active int16
	for b := range a.controller.Image().Brokers() {
		if !b.Fenced {
			active++
		}
	}
	return max(min(factor, active), 1)
}
