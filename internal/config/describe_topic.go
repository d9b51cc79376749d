package config

import "slices"

// DescribeTopic lists a topic's configuration sorted by name; names restricts it, nil means all
// (Kafka: ConfigHelper.createTopicConfigEntry).
func DescribeTopic(b *Values, overrides map[string]string, names []string) []Entry {
	return describeResource(b, TopicKey, DynamicTopic, overrides, names)
}

// DescribeGroup lists a group's configuration sorted by name; names restricts it, nil means all.
func DescribeGroup(b *Values, entries map[string]string, names []string) []Entry {
	return describeResource(b, GroupKey, DynamicGroup, entries, names)
}

func describeResource(b *Values, kind Kind, source Source, overrides map[string]string, names []string) []Entry {
	var out []Entry
	for _, d := range Definitions(kind) {
		_, set := overrides[d.Name]
		if d.Internal && !set || names != nil && !slices.Contains(names, d.Name) {
			continue
		}
		e := Entry{Name: d.Name, Source: DefaultValue, Sensitive: d.Sensitive(), Type: d.Type, Doc: d.Doc}
		if set {
			e.Value = d.text(overrides[d.Name], true)
			e.Synonyms = append(e.Synonyms, SynonymValue{Name: d.Name, Value: e.Value, Source: source})
		} else if v := inherited(b, d); v != nil {
			s := display(v)
			e.Value = &s
		}
		switch {
		case len(d.Synonyms) > 0:
			e.Synonyms = append(e.Synonyms, b.synonyms(d.Synonyms[0].Name, e.Sensitive)...)
		case kind == GroupKey: // Kafka lists a group key's own default, and a topic key's not
			e.Synonyms = append(e.Synonyms, SynonymValue{Name: d.Name, Value: d.text("", false), Source: DefaultValue})
		}
		if len(e.Synonyms) > 0 {
			e.Source = e.Synonyms[0].Source
		}
		out = append(out, e)
	}
	return append(out, undeclared(kind, source, overrides, names)...)
}

// undeclared lists stored entries whose key is not declared. As in Kafka, their values are hidden.
func undeclared(kind Kind, source Source, overrides map[string]string, names []string) []Entry {
	var out []Entry
	for _, name := range sortedKeys(overrides) {
		if Lookup(kind, name) == nil && (names == nil || slices.Contains(names, name)) {
			out = append(out, Entry{Name: name, Source: source, Sensitive: true, Synonyms: []SynonymValue{{Name: name, Source: source}}})
		}
	}
	return out
}
