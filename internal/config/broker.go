package config

import (
	"fmt"
)

// Broker is the resolved configuration of one node. It is immutable: With returns a new one. All methods are
// safe for concurrent use and do not allocate, except where they say so.
type Broker struct {
	// Raw strings by level. static holds the file, environment and overrides, in that rising order of strength.
	static, clusterDefault, perBroker map[string]string

	// values holds the effective value of every declared key after synonyms, parsed. Invariant: every
	// declared broker key is present; nil means null.
	values map[string]any

	listeners, advertised []Listener
	controllerListeners   map[string]bool
	voters                []Voter
}

// Default is the configuration of a node for which nothing was set.
func Default() *Broker {
	b, _, err := Parse(Input{})
	if err != nil {
		panic("config: defaults are invalid: " + err.Error())
	}
	return b
}

// value panics on a key that is not declared: that is a programmer's error, never a user's.
func (b *Broker) value(name string, want Type) any {
	v, ok := b.values[name]
	if !ok {
		panic("config: no broker key " + name)
	}
	if v == nil && want != String && want != List {
		panic("config: " + name + " is null; check Has first")
	}
	return v
}

// Int is the value of an INT or SHORT key.
func (b *Broker) Int(name string) int { return int(b.value(name, Int).(int64)) }

// Int64 is the value of a LONG (or shorter) key. Times are in the unit that the key's name says.
func (b *Broker) Int64(name string) int64 { return b.value(name, Long).(int64) }

// Float is the value of a DOUBLE key.
func (b *Broker) Float(name string) float64 { return b.value(name, Double).(float64) }

// Bool is the value of a BOOLEAN key.
func (b *Broker) Bool(name string) bool { return b.value(name, Bool).(bool) }

// String is the value of a STRING, CLASS or PASSWORD key, empty when it is null.
func (b *Broker) String(name string) string {
	s, _ := b.value(name, String).(string)
	return s
}

// List is the value of a LIST key, nil when it is null. The caller must not change it.
func (b *Broker) List(name string) []string {
	l, _ := b.value(name, List).([]string)
	return l
}

// Has reports whether the key has a value after synonyms and defaults, that is whether it is not null.
func (b *Broker) Has(name string) bool {
	v, ok := b.values[name]
	if !ok {
		panic("config: no broker key " + name)
	}
	return v != nil
}

// IsSet reports whether the user set this very key, statically or dynamically.
func (b *Broker) IsSet(name string) bool {
	_, _, ok := b.raw(name)
	return ok
}

// raw is the string the user gave for a key and the level it came from. A dynamic entry for one key of a family
// (log.retention.ms) hides weaker entries for the others (log.retention.hours), as in Kafka.
func (b *Broker) raw(name string) (string, Source, bool) {
	levels := [...]struct {
		m map[string]string
		s Source
	}{{b.perBroker, DynamicBroker}, {b.clusterDefault, DynamicDefaultBroker}, {b.static, StaticBroker}}
	for _, l := range levels {
		if v, ok := l.m[name]; ok {
			return v, l.s, true
		}
		if l.s == StaticBroker || len(l.m) == 0 {
			continue
		}
		for _, n := range family(name) {
			if _, ok := l.m[n]; ok {
				return "", DefaultValue, false
			}
		}
	}
	return "", DefaultValue, false
}

// With returns the configuration with the dynamic entries of the metadata log laid over the static ones:
// clusterDefault is what is stored for the broker resource "", perBroker what is stored for this node id.
// Entries that are unknown, read-only or invalid are left out and reported, as Kafka does, so that a bad entry
// never stops a node.
func (b *Broker) With(clusterDefault, perBroker map[string]string) (*Broker, []Warning) {
	n := &Broker{static: b.static}
	var warnings []Warning
	n.clusterDefault, warnings = usable(clusterDefault, false, warnings)
	n.perBroker, warnings = usable(perBroker, true, warnings)
	if err := n.resolve(); err != nil {
		warnings = append(warnings, Warning{Kind: Note, Text: fmt.Sprintf("dynamic broker configuration ignored: %v", err)})
		n.clusterDefault, n.perBroker = b.clusterDefault, b.perBroker
		if err := n.resolve(); err != nil {
			panic("config: a valid configuration became invalid: " + err.Error())
		}
	}
	return n, warnings
}

func usable(in map[string]string, perBroker bool, warnings []Warning) (map[string]string, []Warning) {
	out := make(map[string]string, len(in))
	for _, k := range sortedKeys(in) {
		if err := checkDynamic(k, in[k], perBroker); err != nil {
			warnings = append(warnings, Warning{Kind: Note, Key: k, Text: "dynamic broker configuration ignored: " + err.Error()})
			continue
		}
		out[k] = in[k]
	}
	return out, warnings
}

// resolve fills values and the parsed listeners from the raw levels.
func (b *Broker) resolve() error {
	b.values = make(map[string]any, len(tables[BrokerKey]))
	for _, d := range Definitions(BrokerKey) {
		v, err := b.effective(d)
		if err != nil {
			return err
		}
		b.values[d.Name] = v
	}
	if err := b.checkNotEmpty(); err != nil {
		return err
	}
	if err := b.checkListenerKeys(); err != nil {
		return err
	}
	if err := b.resolveListeners(); err != nil {
		return err
	}
	if err := b.resolveVoters(); err != nil {
		return err
	}
	return b.checkTogether()
}

// own is the key's value without synonyms: what the user set for it, or its default.
func (b *Broker) own(d *Definition) (any, error) {
	if s, _, ok := b.raw(d.Name); ok {
		return d.ParseValue(s)
	}
	if d.Null || d.Required {
		return nil, nil
	}
	return d.parse(d.Default)
}

func (b *Broker) effective(d *Definition) (any, error) {
	if b.IsSet(d.Name) || len(d.Synonyms) == 0 {
		return b.own(d)
	}
	for _, syn := range d.Synonyms {
		sd := Lookup(BrokerKey, syn.Name)
		last := syn == d.Synonyms[len(d.Synonyms)-1]
		if !b.IsSet(syn.Name) && !(last && d.Null) {
			continue
		}
		v, err := b.own(sd)
		if n, ok := v.(int64); ok && syn.Factor > 1 {
			v = scale(n, syn.Factor)
		}
		return v, err
	}
	return b.own(d)
}

// scale converts a unit; -1 and other negative values mean "no limit" and stay, and it does not overflow.
func scale(n, factor int64) int64 {
	const maxInt64 = 1<<63 - 1
	switch {
	case n < 0:
		return n
	case n > maxInt64/factor:
		return maxInt64
	}
	return n * factor
}
