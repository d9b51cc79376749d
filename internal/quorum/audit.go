package quorum

import (
	"maps"
	"slices"

	"github.com/gregorhq/gregor/internal/config"
	"github.com/gregorhq/gregor/internal/controller"
	"github.com/gregorhq/gregor/internal/metadata"
)

// audit writes one line for every topic and every setting that a committed request changed, with
// the client that sent it. Only the active controller that decided the request writes it.
func (e *engine) audit(ctx *controller.Request, before, after *metadata.Image, delta *metadata.Delta) {
	who := []any{"principal", ctx.Principal, "client.id", ctx.ClientID, "client.address", ctx.Address}
	say := func(message string, attrs ...any) { e.log.Info(message, append(attrs, who...)...) }
	deleted := map[string]bool{}
	for _, t := range delta.Topics() {
		switch {
		case t.New == nil:
			deleted[t.Name] = true
			say("topic deleted", "topic", t.Name, "topic.id", t.ID, "partitions", len(t.Old.Partitions))
		case t.Old == nil:
			say("topic created", "topic", t.Name, "topic.id", t.ID, "partitions", len(t.New.Partitions),
				"replication.factor", replicationFactor(t.New))
		case len(t.New.Partitions) > len(t.Old.Partitions):
			say("partitions added", "topic", t.Name, "topic.id", t.ID, "old", len(t.Old.Partitions), "new", len(t.New.Partitions))
		}
	}
	for _, r := range delta.Configs() {
		from, to := before.Configs(r.Type, r.Name), after.Configs(r.Type, r.Name)
		if r.Type == metadata.ResourceTopic && deleted[r.Name] {
			if to == nil {
				continue // the settings went with their topic
			}
			from = nil // the topic was created again
		}
		auditConfigs(say, r, from, to)
	}
}

func replicationFactor(t *metadata.Topic) int {
	if len(t.Partitions) == 0 {
		return 0
	}
	return len(t.Partitions[0].Replicas)
}

func auditConfigs(say func(string, ...any), r metadata.Resource, from, to map[string]string) {
	keys := slices.Sorted(maps.Keys(from))
	for key := range to { // any order: sorted below
		if _, ok := from[key]; !ok {
			keys = append(keys, key)
		}
	}
	slices.Sort(keys)
	for _, key := range keys {
		old, had := from[key]
		value, has := to[key]
		if had && has && old == value {
			continue
		}
		if sensitive(r.Type, key) {
			old, value = hidden, hidden
		}
		attrs := []any{"resource.type", resourceTypeNames[r.Type], "resource.name", r.Name, "key", key}
		switch {
		case !had:
			say("configuration set", append(attrs, "new", value)...)
		case !has:
			say("configuration deleted", append(attrs, "old", old)...)
		default:
			say("configuration changed", append(attrs, "old", old, "new", value)...)
		}
	}
}

// hidden stands for the value of a sensitive key in log lines (Password.HIDDEN).
const hidden = "[hidden]"

// resourceTypeNames are the names of resource types (ConfigResource.Type).
var resourceTypeNames = map[int8]string{
	metadata.ResourceTopic: "TOPIC", metadata.ResourceBroker: "BROKER", metadata.ResourceBrokerLogger: "BROKER_LOGGER",
	metadata.ResourceClientMetrics: "CLIENT_METRICS", metadata.ResourceGroup: "GROUP",
}

// sensitive reports whether a value must not be logged. As in Kafka, a key of an unknown type is
// sensitive.
func sensitive(resourceType int8, key string) bool {
	kinds := map[int8]config.Kind{metadata.ResourceTopic: config.TopicKey, metadata.ResourceBroker: config.BrokerKey,
		metadata.ResourceGroup: config.GroupKey}
	kind, ok := kinds[resourceType]
	if !ok {
		return false // client metrics have no sensitive keys
	}
	d := config.Lookup(kind, key)
	return d == nil || d.Sensitive()
}
