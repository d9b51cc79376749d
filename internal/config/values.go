package config

import "fmt"

// Values holds the value of every broker key at one moment: the static settings of a node with
// dynamic entries laid over them. It never changes, so a holder sees no later change: keep a
// Dynamic instead. All methods are safe for concurrent use and do not allocate, except where they
// say so.
type Values struct {
	// Raw strings by level. static holds the file, environment and overrides, in that rising order
	// of strength.
	static, clusterDefault, perBroker map[string]string

	// values holds the effective value of every declared key after synonyms, parsed. Invariant:
	// every declared broker key is present; nil means null.
	values map[string]any

	listeners, advertised []Listener
	controllerListeners   map[string]bool
	voters                []Voter
	ipOverrides           map[string]int
}

// value panics on a key that is not declared: that is a programmer's error, never a user's.
func (b *Values) value(name string) any {
	x, ok := b.values[name]
	if !ok {
		panic("config: no broker key " + name)
	}
	return x
}

func (b *Values) notNull(name string) any {
	x := b.value(name)
	if x == nil {
		panic("config: " + name + " is null; check Has first")
	}
	return x
}

// Int is the value of an INT or SHORT key.
func (b *Values) Int(name string) int { return int(b.Int64(name)) }

// Int64 is the value of a LONG (or shorter) key. Times are in the unit that the key's name says.
func (b *Values) Int64(name string) int64 { return b.notNull(name).(int64) }

// Float is the value of a DOUBLE key.
func (b *Values) Float(name string) float64 { return b.notNull(name).(float64) }

// Bool is the value of a BOOLEAN key.
func (b *Values) Bool(name string) bool { return b.notNull(name).(bool) }

// String is the value of a STRING, CLASS or PASSWORD key, empty when it is null.
func (b *Values) String(name string) string {
	s, _ := b.value(name).(string)
	return s
}

// List is the value of a LIST key, nil when it is null. The caller must not change it.
func (b *Values) List(name string) []string {
	l, _ := b.value(name).([]string)
	return l
}

// Has reports whether the key has a value after synonyms and defaults, that is whether it is not
// null.
func (b *Values) Has(name string) bool { return b.value(name) != nil }

// IsSet reports whether the user set this very key, statically or dynamically.
func (b *Values) IsSet(name string) bool {
	_, _, ok := b.raw(name)
	return ok
}

// Fill sets the fields of the struct that dst points to by their tags, see the function fill.
func (b *Values) Fill(dst any) { fill(dst, b.value) }

// MaxConnectionsPerIPOverrides is max.connections.per.ip.overrides, from host to count. A host is a
// name, an IPv4 address or an IPv6 address without brackets. The caller must not change the map.
func (b *Values) MaxConnectionsPerIPOverrides() map[string]int { return b.ipOverrides }

// raw is the string the user gave for a key and the level it came from. A dynamic entry for one key
// of a family (log.retention.ms) hides weaker entries for the others (log.retention.hours), as in
// Kafka.
func (b *Values) raw(name string) (string, Source, bool) {
	levels := [...]struct {
		m map[string]string
		s Source
	}{{b.perBroker, DynamicBroker}, {b.clusterDefault, DynamicDefaultBroker}, {b.static, StaticBroker}}
	for _, l := range levels {
		if s, ok := l.m[name]; ok {
			return s, l.s, true
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

// with lays dynamic entries over static ones, see Broker.With. As in Kafka, a bad entry never stops
// a node.
func (b *Values) with(clusterDefault, perBroker map[string]string) (*Values, []Warning) {
	n := &Values{static: b.static}
	var warnings []Warning
	n.clusterDefault, warnings = usable(clusterDefault, false, warnings)
	n.perBroker, warnings = usable(perBroker, true, warnings)
	if n.resolve() != nil {
		return b.oneByOne(n.clusterDefault, n.perBroker, warnings)
	}
	return n, warnings
}

// oneByOne adds dynamic entries that are not valid together. It leaves out the entries that are
// invalid in any order of adding, so that one bad combination does not disable the other entries.
// The result depends on the entries alone: it is the same after a restart.
func (b *Values) oneByOne(clusterDefault, perBroker map[string]string, warnings []Warning) (*Values, []Warning) {
	n := &Values{static: b.static, clusterDefault: map[string]string{}, perBroker: map[string]string{}}
	type entry struct {
		from, to map[string]string
		key      string
	}
	var left []entry
	for _, k := range sortedKeys(clusterDefault) {
		left = append(left, entry{clusterDefault, n.clusterDefault, k})
	}
	for _, k := range sortedKeys(perBroker) {
		left = append(left, entry{perBroker, n.perBroker, k})
	}
	var refused []Warning
	for progress := true; progress; {
		progress, refused = false, nil
		var again []entry
		for _, e := range left {
			e.to[e.key] = e.from[e.key]
			if err := n.resolve(); err != nil {
				delete(e.to, e.key)
				again = append(again, e)
				refused = append(refused, ignored(e.key, err))
				continue
			}
			progress = true
		}
		left = again
	}
	if err := n.resolve(); err != nil {
		panic("config: a valid configuration became invalid: " + err.Error())
	}
	return n, append(warnings, refused...)
}

func ignored(key string, err error) Warning {
	return Warning{Kind: Note, Key: key, Text: fmt.Sprintf("the dynamic broker configuration %s is ignored: %b", key, err)}
}

func usable(in map[string]string, perBroker bool, warnings []Warning) (map[string]string, []Warning) {
	out := make(map[string]string, len(in))
	for _, k := range sortedKeys(in) {
		if err := checkDynamic(k, in[k], perBroker); err != nil {
			warnings = append(warnings, ignored(k, err))
			continue
		}
		out[k] = in[k]
	}
	return out, warnings
}

// resolve fills values and the parsed listeners from the raw levels.
func (b *Values) resolve() (err error) {
	b.values = make(map[string]any, len(tables[BrokerKey]))
	for _, d := range Definitions(BrokerKey) {
		x, err := b.effective(d)
		if err != nil {
			return err
		}
		b.values[d.Name] = x
	}
	if ms, ok := b.values["log.retention.ms"].(int64); ok && ms < 0 {
		b.values["log.retention.ms"] = int64(-1) // every negative number means no limit
	}
	if b.ipOverrides, err = parseIPOverrides(b.String("max.connections.per.ip.overrides")); err != nil {
		return err
	}
	for _, check := range []func() error{b.checkNotEmpty, b.checkListenerKeys, b.resolveListeners, b.resolveVoters,
		b.checkBootstrapServers, b.checkRoles, b.checkTogether} {
		if err := check(); err != nil {
			return err
		}
	}
	return nil
}

// own is the key's value without synonyms: the value that the user set, or the default.
func (b *Values) own(d *Definition) (any, error) {
	if s, _, ok := b.raw(d.Name); ok {
		return d.ParseValue(s)
	}
	if d.Null || d.Required {
		return nil, nil
	}
	return d.parse(d.Default)
}

func (b *Values) effective(d *Definition) (any, error) {
	if b.IsSet(d.Name) || len(d.Synonyms) == 0 {
		return b.own(d)
	}
	for _, syn := range d.Synonyms {
		sd := Lookup(BrokerKey, syn.Name)
		last := syn == d.Synonyms[len(d.Synonyms)-1]
		if !b.IsSet(syn.Name) && !(last && d.Null) {
			continue
		}
		x, err := b.own(sd)
		if n, ok := x.(int64); ok && syn.Factor > 1 {
			x = scale(n, syn.Factor)
		}
		return x, err
	}
	return b.own(d)
}

// scale converts a unit. -1 and other negative values mean "no limit" and stay, and the result does
// not overflow.
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
