package config

import (
	"cmp"
	"fmt"
)

// NoDecompressionLimit is the default of max.decompressed.message.bytes: there is no limit.
const NoDecompressionLimit = 2147483639

// TopicValues holds the value of every topic key for one topic. It never changes.
type TopicValues struct {
	broker *Values
	// own holds the topic's valid overrides, parsed.
	own map[string]any
}

// Topic resolves a topic's stored configuration: its overrides over the broker's values. The result
// is always usable. Overrides of keys that are not declared are ignored: an old data directory has
// keys that later versions of Kafka dropped. An override whose value is not valid puts no other one
// out of effect. Its key gets the value of instead, or else the broker's, and a warning says so.
func Topic(b *Values, overrides map[string]string) (*TopicValues, []Warning) {
	t := &TopicValues{broker: b}
	if len(overrides) > 0 {
		t.own = make(map[string]any, len(overrides))
	}
	var warnings []Warning
	for _, name := range sortedKeys(overrides) {
		d := Lookup(TopicKey, name)
		if d == nil {
			continue
		}
		parsed, err := d.ParseValue(overrides[name])
		if err == nil {
			t.own[name] = parsed
			continue
		}
		if text, ok := instead[name]; ok {
			if t.own[name], err = d.ParseValue(text); err != nil {
				panic("config: bad value of instead: " + err.Error())
			}
		}
		warnings = append(warnings, Warning{Kind: Note, Key: name, Text: fmt.Sprintf("the topic configuration %s=%s is not valid, %s applies",
			name, overrides[name], cmp.Or(display(t.value(name)), "an empty list"))})
	}
	return t, warnings
}

// instead holds the values that take the place of stored values that are not valid. The broker's
// value could delete records that the topic was to keep. A segment.bytes below 1 MiB was valid
// before Kafka 4.0 (KIP-1030); 1 MiB is the nearest valid value.
var instead = map[string]string{"cleanup.policy": "", "retention.bytes": "-1", "retention.ms": "-1", "segment.bytes": "1048576"}

func (t *TopicValues) value(name string) any {
	if x, ok := t.own[name]; ok {
		return x
	}
	d := Lookup(TopicKey, name)
	if d == nil {
		panic("config: no topic key " + name)
	}
	return inherited(t.broker, d)
}

// Int is the value of an INT key. It panics on a key that is not declared or is null.
func (t *TopicValues) Int(name string) int { return int(t.Int64(name)) }

// Int64 is the value of an INT or LONG key.
func (t *TopicValues) Int64(name string) int64 { return t.value(name).(int64) }

// Bool is the value of a BOOLEAN key.
func (t *TopicValues) Bool(name string) bool { return t.value(name).(bool) }

// String is the value of a STRING key, empty when it is null.
func (t *TopicValues) String(name string) string {
	s, _ := t.value(name).(string)
	return s
}

// List is the value of a LIST key, nil when it is null. The caller must not change it.
func (t *TopicValues) List(name string) []string {
	l, _ := t.value(name).([]string)
	return l
}

// Has reports whether the key is not null.
func (t *TopicValues) Has(name string) bool { return t.value(name) != nil }

// Fill sets the fields of the struct that dst points to by their tags, see the function fill.
func (t *TopicValues) Fill(dst any) { fill(dst, t.value) }

// checkTogether holds the rules between topic keys (Kafka: LogConfig.validateTopicLogConfigValues).
func (t *TopicValues) checkTogether(b *Values) error {
	if low, high := t.Int64("min.compaction.lag.ms"), t.Int64("max.compaction.lag.ms"); low > high {
		return errorf("conflict topic config setting min.compaction.lag.ms (%d) > max.compaction.lag.ms (%d)", low, high)
	}
	if t.Bool("remote.storage.enable") && !b.Bool("remote.log.storage.system.enable") {
		return errorf("Tiered Storage functionality is disabled in the broker. Topic cannot be configured with remote log storage.")
	}
	return nil
}
