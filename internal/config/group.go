package config

import "strings"

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
