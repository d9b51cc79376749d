package config

import (
	"slices"
	"sort"
	"strings"
)

// Type is the type of a key, with the codes that DescribeConfigs carries (Kafka:
// DescribeConfigsResponse.ConfigType).
type Type int8

// The types of Kafka's ConfigDef.
const (
	Unknown Type = iota
	Bool
	String
	Int
	Short
	Long
	Double
	List
	Class
	Password
)

var typeNames = [...]string{"UNKNOWN", "BOOLEAN", "STRING", "INT", "SHORT", "LONG", "DOUBLE", "LIST", "CLASS", "PASSWORD"}

// String is the name that Kafka prints for the type.
func (t Type) String() string { return typeNames[t] }

// Importance is Kafka's importance of a key.
type Importance int8

// The levels of Kafka's ConfigDef.Importance.
const (
	Low Importance = iota
	Medium
	High
)

// String is Kafka's name of the level.
func (i Importance) String() string { return [...]string{"LOW", "MEDIUM", "HIGH"}[i] }

// Update is the scope in which a broker key can change while the broker runs (Kafka's "Dynamic
// Update Mode").
type Update int8

const (
	// ReadOnly keys are fixed at start.
	ReadOnly Update = iota
	// PerBroker keys may be changed for one broker id, not as a cluster-wide default.
	PerBroker
	// ClusterWide keys may be changed for all brokers, and for one.
	ClusterWide
	// PerListener keys may be changed for one broker id and only under a listener.name.NAME.
	// prefix.
	PerListener
	// ListenerOnly keys may be changed only under a listener.name.NAME.MECHANISM. prefix.
	ListenerOnly
)

// String is the word that Kafka's documentation uses.
func (u Update) String() string {
	return [...]string{"read-only", "per-broker", "cluster-wide", "per-broker and listener", "per-broker, listener and mechanism"}[u]
}

// Kind is the resource a key belongs to.
type Kind int8

// The resources that have keys.
const (
	BrokerKey Kind = iota
	TopicKey
	GroupKey
)

// Definition declares one key. It never changes at run time.
type Definition struct {
	Name string
	Type Type
	// Default is the default in Kafka's string form; Null means that there is none and the value is
	// null.
	Default string
	Null    bool
	// Required keys have no default and Kafka refuses to start without them. gregor derives
	// node.id, process.roles and controller.listener.names when they are absent.
	Required   bool
	Valid      Validator
	Importance Importance
	// Internal keys work but are not listed by DescribeConfigs.
	Internal bool
	// DynamicOnly keys are meant for dynamic configuration alone. DescribeConfigs lists them only
	// where they are set, and without a default.
	DynamicOnly bool
	// Update applies to broker keys; topic and group keys can always be changed.
	Update Update
	Doc    string
	// Synonyms are the broker keys that supply the value when this key is not set, strongest first,
	// without the key itself. For a topic or group key the first one is its broker key.
	Synonyms []Synonym
	// Broker is set on a topic key. It names the broker key that supplies the value for topics that
	// do not set the topic key. The row declares that broker key too, with the same type, default,
	// bounds and text.
	Broker BrokerDefault
	// NoEffect is the reason why the key does nothing. It is empty for a key that has an effect.
	NoEffect string
	// Own marks gregor's keys that Apache Kafka does not have.
	Own bool
}

// Sensitive reports whether the value must never be shown (Kafka: type PASSWORD).
func (d *Definition) Sensitive() bool { return d.Type == Password }

// BrokerDefault is the broker key of a topic key. Operators can change it for all brokers while
// they run.
type BrokerDefault struct {
	Name       string
	Importance Importance
}

// brokerDefaults declares the broker keys that rows of topic keys name.
func brokerDefaults(topicKeys []Definition) []Definition {
	var out []Definition
	for _, t := range topicKeys {
		if t.Broker.Name == "" {
			continue
		}
		out = append(out, Definition{Name: t.Broker.Name, Type: t.Type, Default: t.Default, Null: t.Null, Valid: t.Valid,
			Importance: t.Broker.Importance, Update: ClusterWide, Doc: t.Doc, NoEffect: t.NoEffect, Own: t.Own})
	}
	slices.SortFunc(out, func(a, b Definition) int { return strings.Compare(a.Name, b.Name) })
	return out
}

// inheriting makes the broker key of each topic key its synonym.
func inheriting(topicKeys []Definition) []Definition {
	out := slices.Clone(topicKeys)
	for i := range out {
		if name := out[i].Broker.Name; name != "" {
			out[i].Synonyms = []Synonym{{Name: name}}
		}
	}
	return out
}

// Synonym is another key that supplies a value, with the factor that converts its unit (hours to
// milliseconds: 3_600_000).
type Synonym struct {
	Name   string
	Factor int64 // 0 and 1 mean the same unit
}

// Lookup finds the declaration of a key, nil when there is none.
func Lookup(kind Kind, name string) *Definition { return tables[kind][name] }

// Definitions lists every key of one kind, sorted by name.
func Definitions(kind Kind) []*Definition {
	out := make([]*Definition, 0, len(tables[kind]))
	for _, d := range tables[kind] {
		out = append(out, d)
	}
	sort.Slice(out, func(i, j int) bool { return out[i].Name < out[j].Name })
	return out
}
