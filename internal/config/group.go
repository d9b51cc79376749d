package config

import "strings"

// GroupValues are the effective settings of one group: its dynamic entries over the broker's group.* keys.
type GroupValues struct{ values map[string]any }

// Group resolves the configuration of a group. Entries that are unknown or invalid are ignored, as Kafka does.
func Group(b *Broker, entries map[string]string) GroupValues {
	g := GroupValues{values: make(map[string]any, len(tables[GroupKey]))}
	for _, d := range Definitions(GroupKey) {
		if s, ok := entries[d.Name]; ok {
			if v, err := d.ParseValue(s); err == nil && checkGroupBounds(b, d.Name, v) == nil {
				g.values[d.Name] = v
				continue
			}
		}
		g.values[d.Name] = inherited(b, d)
	}
	return g
}

// inherited is the value a topic or group key takes when it is not overridden.
func inherited(b *Broker, d *Definition) any {
	if len(d.Synonyms) > 0 {
		return b.values[d.Synonyms[0].Name]
	}
	if d.Null {
		return nil
	}
	v, err := d.parse(d.Default)
	if err != nil {
		panic("config: bad default: " + err.Error())
	}
	return v
}

// Int is the value of an INT key; it panics on a key that is not declared.
func (g GroupValues) Int(name string) int { return int(g.values[name].(int64)) }

// Int64 is the value of an INT or LONG key.
func (g GroupValues) Int64(name string) int64 { return g.values[name].(int64) }

// Bool is the value of a BOOLEAN key.
func (g GroupValues) Bool(name string) bool { return g.values[name].(bool) }

// String is the value of a STRING key, empty when it is null.
func (g GroupValues) String(name string) string {
	s, _ := g.values[name].(string)
	return s
}

// checkGroupBounds holds a group's value to the broker's group.TYPE.min.* and group.TYPE.max.* keys
// (Kafka: GroupConfig.validateValues).
func checkGroupBounds(b *Broker, name string, v any) error {
	n, ok := v.(int64)
	kind, rest, found := strings.Cut(name, ".")
	if !ok || !found {
		return nil
	}
	if low := "group." + kind + ".min." + rest; Lookup(BrokerKey, low) != nil && n < b.Int64(low) {
		return errorf("%s must be greater than or equal to %s", name, low)
	}
	if high := "group." + kind + ".max." + strings.TrimPrefix(rest, "num."); Lookup(BrokerKey, high) != nil && n > b.Int64(high) {
		return errorf("%s must be less than or equal to %s", name, high)
	}
	return nil
}
