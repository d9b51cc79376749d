package config

import (
	"slices"
	"strings"
)

// ValidateTopic checks the overrides of a topic (CreateTopics, AlterConfigs) with Kafka's texts;
// the error is an *Error that answers INVALID_CONFIG.
func ValidateTopic(b *Values, overrides map[string]string) error {
	for _, k := range sortedKeys(overrides) {
		if Lookup(TopicKey, k) == nil {
			return errorf("Unknown topic config name: %s", k)
		}
	}
	for _, k := range sortedKeys(overrides) {
		if _, err := Lookup(TopicKey, k).ParseValue(overrides[k]); err != nil {
			return err
		}
	}
	t, _ := Topic(b, overrides)
	return t.checkTogether(b)
}

// ValidateBroker checks the dynamic entries of one broker, or of all (perBroker false), as they
// would be stored. Kafka answers every refusal of them as INVALID_REQUEST.
func ValidateBroker(b *Broker, perBroker bool, entries map[string]string) error {
	for _, k := range sortedKeys(entries) {
		if err := checkDynamic(k, entries[k], perBroker); err != nil {
			return asRequest(err)
		}
	}
	n := &Values{static: b.v.static}
	if perBroker {
		n.perBroker = entries
	} else {
		n.clusterDefault = entries
	}
	if err := n.resolve(); err != nil {
		return asRequest(err)
	}
	return nil
}

func asRequest(err error) error {
	e, ok := err.(*Error)
	if !ok {
		return err
	}
	if e.requirement {
		return &Error{Message: "requirement failed: " + e.Message, Request: true}
	}
	return &Error{Message: e.Message, Request: true}
}

// clusterWideOfListeners may be set for a listener by its prefix on all brokers at once (Kafka:
// ClusterLevelListenerConfigs).
var clusterWideOfListeners = []string{"max.connections", "max.connection.creation.rate", "num.network.threads"}

// neverZero are the keys that may be 0 in the file and not in a change (Kafka: ConnectionQuotas).
var neverZero = []string{"max.connections", "max.connection.creation.rate"}

// checkDynamic checks one dynamic broker entry (Kafka: DynamicBrokerConfig.validateConfigs).
func checkDynamic(key, value string, perBroker bool) error {
	d := definitionOf(key)
	prefixed := strings.HasPrefix(key, "listener.name.")
	switch {
	case d == nil:
		return nil // keys of plug-ins are stored and handed to them
	case d.Update == ReadOnly, d.Update == ListenerOnly && !prefixed:
		return errorf("Cannot update these configs dynamically: [%s]", key)
	case d.Update == PerListener && !prefixed:
		return errorf("These security configs can be dynamically updated only per-listener using the listener prefix: [%s]", key)
	case !perBroker && (d.Update == PerBroker || prefixed && !slices.Contains(clusterWideOfListeners, d.Name)):
		return errorf("Cannot update these configs at default cluster level, broker id must be specified: [%s]", key)
	}
	if list := splitList(value); d.distinct() && len(distinct(list)) < len(list) {
		return errorf("Configuration '%s' values must not be duplicated.", key)
	}
	v, err := d.ParseValue(value)
	if err == nil && slices.Contains(neverZero, d.Name) && v.(int64) <= 0 {
		return errorf("Invalid %s %d", key, v)
	}
	return err
}

// ValidateGroup checks the dynamic configuration of a group.
func ValidateGroup(b *Values, entries map[string]string) error {
	for _, k := range sortedKeys(entries) {
		d := Lookup(GroupKey, k)
		if d == nil {
			return errorf("Unknown group config name: %s", k)
		}
		v, err := d.ParseValue(entries[k])
		if err != nil {
			return err
		}
		if err := checkGroupBounds(b, k, v); err != nil {
			return err
		}
	}
	return nil
}
