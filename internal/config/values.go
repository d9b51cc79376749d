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
func (v *Values) value(name string) any {
	x, ok := v.values[name]
	if !ok {
		panic("config: no broker key " + name)
	}
	return x
}

func (v *Values) notNull(name string) any {
	x := v.value(name)
	if x == nil {
		panic("config: " + name + " is null; check Has first")
	}
	return x
}

// Int is the value of an INT or SHORT key.
func (v *Values) Int(name string) int { return int(v.Int64(name)) }

// Int64 is the value of a LONG (or shorter) key. Times are in the unit that the key's name says.
func (v *Values) Int64(name string) int64 { return v.notNull(name).(int64) }

// Float is the value of a DOUBLE key.
func (v *Values) Float(name string) float64 { return v.notNull(name).(float64) }

// Bool is the value of a BOOLEAN key.
func (v *Values) Bool(name string) bool { return v.notNull(name).(bool) }

// String is the value of a STRING, CLASS or PASSWORD key, empty when it is null.
func (v *Values) String(name string) string {
	s, _ := v.value(name).(string)
	return s
}

// List is the value of a LIST key, nil when it is null. The caller must not change it.
func (v *Values) List(name string) []string {
	l, _ := v.value(name).([]string)
	return l
}

// Has reports whether the key has a value after synonyms and defaults, that is whether it is not
// null.
func (v *Values) Has(name string) bool { return v.value(name) != nil }

// IsSet reports whether the user set this very key, statically or dynamically.
func (v *Values) IsSet(name string) bool {
	_, _, ok := v.raw(name)
	return ok
}

// Fill sets the fields of the struct that dst points to by their tags, see the function fill.
func (v *Values) Fill(dst any) { fill(dst, v.value) }

// MaxConnectionsPerIPOverrides is max.connections.per.ip.overrides, from host to count. A host is a
// name, an IPv4 address or an IPv6 address without brackets. The caller must not change the map.
func (v *Values) MaxConnectionsPerIPOverrides() map[string]int { return v.ipOverrides }

// raw is the string the user gave for a key and the level it came from. A dynamic entry for one key
// of a family (log.retention.ms) hides weaker entries for the others (log.retention.hours), as in
// Kafka.
func (v *Values) raw(name string) (string, Source, bool) {
	levels := [...]struct {
		m map[string]string
		s Source
	}{{v.perBroker, DynamicBroker}, {v.clusterDefault, DynamicDefaultBroker}, {v.static, StaticBroker}}
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
func (v *Values) with(clusterDefault, perBroker map[string]string) (*Values, []Warning) {
	n := &Values{static: v.static}
	var warnings []Warning
	n.clusterDefault, warnings = usable(clusterDefault, false, warnings)
	n.perBroker, warnings = usable(perBroker, true, warnings)
	if n.resolve() != nil {
		return v.oneByOne(n.clusterDefault, n.perBroker, warnings)
	}
	return n, warnings
}

// oneByOne adds dynamic entries that are not valid together. It leaves out the entries that are
// invalid in any order of adding, so that one bad combination does not disable the other entries.
// The result depends on the entries alone: it is the same after a restart.
func (v *Values) oneByOne(clusterDefault, perBroker map[string]string, warnings []Warning) (*Values, []Warning) {
	n := &Values{static: v.static, clusterDefault: map[string]string{}, perBroker: map[string]string{}}
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
	return Warning{Kind: Note, Key: key, Text: fmt.Sprintf("the dynamic broker configuration %s is ignored: %v", key, err)}
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
func (v *Values) resolve() (err error) {
	v.values = make(map[string]any, len(tables[BrokerKey]))
	for _, d := range Definitions(BrokerKey) {
		x, err := v.effective(d)
		if err != nil {
			return err
		}
		v.values[d.Name] = x
	}
	if ms, ok := v.values["log.retention.ms"].(int64); ok && ms < 0 {
		v.values["log.retention.ms"] = int64(-1) // every negative number means no limit
	}
	if v.ipOverrides, err = parseIPOverrides(v.String("max.connections.per.ip.overrides")); err != nil {
		return err
	}
	for _, check := range []func() error{v.checkNotEmpty, v.checkListenerKeys, v.resolveListeners, v.resolveVoters,
		v.checkBootstrapServers, v.checkTogether} {
		if err := check(); err != nil {
			return err
		}
	}
	return nil
}

// own is the key's value without synonyms: the value that the user set, or the default.
func (v *Values) own(d *Definition) (any, error) {
	if s, _, ok := v.raw(d.Name); ok {
		return d.ParseValue(s)
	}
	if d.Null || d.Required {
		return nil, nil
	}
	return d.parse(d.Default)
}

func (v *Values) effective(d *Definition) (any, error) {
	if v.IsSet(d.Name) || len(d.Synonyms) == 0 {
		return v.own(d)
	}
	for _, syn := range d.Synonyms {
		sd := Lookup(BrokerKey, syn.Name)
		last := syn == d.Synonyms[len(d.Synonyms)-1]
		if !v.IsSet(syn.Name) && !(last && d.Null) {
			continue
		}
		x, err := v.own(sd)
		if n, ok := x.(int64); ok && syn.Factor > 1 {
			x = scale(n, syn.Factor)
		}
		return x, err
	}
	return v.own(d)
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
