package config

import "slices"

// Entry is one configuration as DescribeConfigs answers it.
type Entry struct {
	Name      string
	Value     *string // nil when null or sensitive
	Source    Source
	ReadOnly  bool
	Sensitive bool
	Type      Type
	Doc       string
	// Synonyms in Kafka's order, strongest first; the handler leaves them out when they were not
	// asked for.
	Synonyms []SynonymValue
}

// SynonymValue is one value that applies, or would apply if the ones before it were removed.
type SynonymValue struct {
	Name   string
	Value  *string // nil when null or sensitive
	Source Source
}

// Describe lists the broker's configuration sorted by name; names restricts it, nil means all
// (Kafka: ConfigHelper.createBrokerConfigEntry).
func (b *Values) Describe(names []string) []Entry {
	var out []Entry
	for _, name := range b.describable() {
		if names == nil || slices.Contains(names, name) {
			out = append(out, b.describeOne(name, false))
		}
	}
	return out
}

// DescribeDefault lists the dynamic defaults of all brokers (resource name "").
func (b *Values) DescribeDefault(names []string) []Entry {
	var out []Entry
	for _, name := range sortedKeys(b.clusterDefault) {
		if names == nil || slices.Contains(names, name) {
			out = append(out, b.describeOne(name, true))
		}
	}
	return out
}

// describable names every key that is neither internal nor for dynamic configuration alone, and
// every key that the user set, known or not.
func (b *Values) describable() []string {
	set := make(map[string]bool)
	for _, d := range tables[BrokerKey] {
		if !d.Internal && !d.DynamicOnly {
			set[d.Name] = true
		}
	}
	for _, level := range []map[string]string{b.static, b.clusterDefault, b.perBroker} {
		for k := range level {
			set[k] = true
		}
	}
	return sortedKeys(set)
}

func (b *Values) describeOne(name string, clusterOnly bool) Entry {
	d := definitionOf(name)
	e := Entry{Name: name, Source: DefaultValue, ReadOnly: d == nil || d.Update == ReadOnly || d.Update == ListenerOnly, Sensitive: d == nil || d.Sensitive()}
	if d != nil {
		e.Type, e.Doc = d.Type, d.Doc
	}
	for _, s := range b.synonyms(name, e.Sensitive) {
		if !clusterOnly || s.Source == DynamicDefaultBroker {
			e.Synonyms = append(e.Synonyms, s)
		}
	}
	if len(e.Synonyms) > 0 {
		e.Source = e.Synonyms[0].Source
	}
	switch raw, _, ok := b.raw(name); {
	case e.Sensitive:
	case clusterOnly: // shown as it was written
		raw = b.clusterDefault[name]
		e.Value = &raw
	default:
		e.Value = d.text(raw, ok)
	}
	return e
}

// text is the canonical string form of a value that was set, or of the default. It is nil for null.
func (d *Definition) text(raw string, set bool) *string {
	if !set {
		if d.Null || d.Required {
			return nil
		}
		raw = d.Default
	}
	v, err := d.parse(raw)
	if err != nil {
		return nil
	}
	s := display(v)
	return &s
}
