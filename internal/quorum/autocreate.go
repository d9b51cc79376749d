package quorum

import (
	"strconv"
	"sync"

	"github.com/gregorhq/gregor/internal/config"
	"github.com/gregorhq/gregor/internal/controller"
	"github.com/gregorhq/gregor/internal/protocol"
	"github.com/gregorhq/gregor/internal/shard"
)

// autoCreateTimeoutMs is the time that an automatic creation may wait for the controller
// (AutoTopicCreationManager).
const autoCreateTimeoutMs = 30_000

// AutoCreator creates topics that clients ask for and that do not exist. Its callers get no answer:
// clients ask again and find the topic.
type AutoCreator struct {
	to     controller.Channel
	quorum *Controller
	broker *config.Broker
	// internal are the topics of coordinators by name.
	internal map[string]shard.Topic

	mu sync.Mutex
	// inFlight are the topics that are being created.
	inFlight map[string]struct{}
	// refused are the last logged errors by topic: a client asks again soon, and one line is
	// enough.
	refused map[string]protocol.Error
}

// refusedMax bounds refused, because clients choose the names.
const refusedMax = 1000

// NewAutoCreator makes one that sends its requests over a channel. broker is this node's static
// configuration, internal are the topics of coordinators.
func NewAutoCreator(c *Controller, to controller.Channel, broker *config.Broker, internal []shard.Topic) *AutoCreator {
	a := &AutoCreator{to: to, quorum: c, broker: broker, internal: map[string]shard.Topic{}, inFlight: map[string]struct{}{},
		refused: map[string]protocol.Error{}}
	for _, t := range internal {
		a.internal[t.Name] = t
	}
	return a
}

// Create begins to create topics for a client and returns at once. Internal topics get the
// partitions, replicas and configs that their coordinators need. A topic that is being created is
// not requested again.
func (a *AutoCreator) Create(client Request, names ...string) {
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
	client.Version = req.MaxVersion()
	controller.CreateTopics.Call(a.to, client, req, func(resp *protocol.CreateTopicsResponse) {
		a.mu.Lock()
		defer a.mu.Unlock()
		for _, t := range req.Topics {
			delete(a.inFlight, t.Name)
		}
		for i := range resp.Topics {
			a.report(&resp.Topics[i])
		}
	})
}

// report logs why a topic could not be created. Clients do not get this reason; to them the topic
// is unknown, and a consumer group only seems to hang. The caller holds a.mu.
func (a *AutoCreator) report(r *protocol.CreateTopicsResponseCreatableTopicResult) {
	err := protocol.Error(r.ErrorCode)
	if err == protocol.ErrNone || err == protocol.ErrTopicAlreadyExists {
		delete(a.refused, r.Name)
		return
	}
	if a.refused[r.Name] == err || err.Retriable() && err != protocol.ErrInvalidReplicationFactor {
		return
	}
	if len(a.refused) >= refusedMax {
		clear(a.refused)
	}
	a.refused[r.Name] = err
	reason := err.Message()
	if r.ErrorMessage != nil && *r.ErrorMessage != "" {
		reason = *r.ErrorMessage
	}
	if key := a.factorKey(r.Name); err == protocol.ErrInvalidReplicationFactor {
		reason += " The factor is that of " + key + "."
	}
	a.quorum.engine.log.Warn("a topic cannot be created automatically", "topic", r.Name, "error", err.Name(), "reason", reason)
}

// factorKey is the configuration key of the replication factor of an automatically created topic.
func (a *AutoCreator) factorKey(topic string) string {
	if t, ok := a.internal[topic]; ok {
		return t.FactorKey
	}
	return "default.replication.factor"
}

func (a *AutoCreator) topic(name string) protocol.CreateTopicsRequestCreatableTopic {
	t := protocol.CreateTopicsRequestCreatableTopic{Name: name, NumPartitions: -1, ReplicationFactor: -1}
	own, ok := a.internal[name]
	if !ok {
		return t
	}
	t.NumPartitions, t.ReplicationFactor = int32(a.broker.Int(own.PartitionsKey)), a.replicas(own.FactorKey)
	set := func(name, value string) {
		t.Configs = append(t.Configs, protocol.CreateTopicsRequestCreatableTopicConfig{Name: name, Value: &value})
	}
	for _, c := range own.Configs {
		set(c[0], c[1])
	}
	for _, c := range own.ConfigsFrom {
		set(c[0], strconv.Itoa(a.broker.Int(c[1])))
	}
	return t
}

// replicas is the replication factor that a key asks for. Apache Kafka's default of 3 cannot be
// reached on a single node, where its consumer groups then hang. Therefore a factor that is not set
// is 1 on the only node of a cluster. In every other cluster it is Kafka's, so that the brokers
// that start first do not decide the factor.
func (a *AutoCreator) replicas(key string) int16 {
	factor := int16(a.broker.Int(key))
	if a.broker.IsSet(key) || !a.quorum.alone() {
		return factor
	}
	return min(factor, 1)
}

// alone reports whether this node is the only voter and the only registered broker.
func (c *Controller) alone() bool {
	id := c.engine.o.NodeID
	voters := c.Status().Voters
	if len(voters) != 1 || voters[0].ID != id {
		return false
	}
	for b := range c.Image().Brokers() {
		if b.ID != id {
			return false
		}
	}
	return true
}
