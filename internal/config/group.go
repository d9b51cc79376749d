package config

import "strings"

// GroupValues are the effective settings of one group: its dynamic entries over the broker's
// group.* keys.
type GroupValues struct{ values map[string]any }

// Group resolves the configuration of a group. Entries that are unknown or invalid are ignored, as
// Kafka does.
func Group(b *Values, entries map[string]string) GroupValues {
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
func inherited(b *Values, d *Definition) any {
	if len(d.Synonyms) > 0 {
		v := b.values[d.Synonyms[0].Name]
		if list, ok := v.([]string); ok && d.Type == String { // streams.assignor.name: the first of the broker's
			if len(list) == 0 {
				return nil
			}
			return list[0]
		}
		return v
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
func checkGroupBounds(b *Values, name string, v any) error {
	n, ok := v.(int64)
	kind, rest, found := strings.Cut(name, ".")
	if !ok || !found {
		return nil
	}
	low, high := "group."+kind+".min."+rest, "group."+kind+".max."+strings.TrimPrefix(rest, "num.")
	hasLow, hasHigh := Lookup(BrokerKey, low) != nil, Lookup(BrokerKey, high) != nil
	switch {
	case hasLow && hasHigh && (n < b.Int64(low) || n > b.Int64(high)):
		return errorf("%s must be in the range %d to %d inclusive.", name, b.Int64(low), b.Int64(high))
	case hasLow && n < b.Int64(low):
		return errorf("%s must be greater than or equal to %d", name, b.Int64(low))
	case hasHigh && n > b.Int64(high):
		return errorf("%s must be less than or equal to %d", name, b.Int64(high))
	}
	return nil
}
