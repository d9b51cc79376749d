package config

import (
	"fmt"
	"strings"

	"github.com/gregorhq/gregor/internal/properties"
)

// Property is one pair of a .properties file.
type Property = properties.Property

// Input is everything a node is configured from.
type Input struct {
	// Properties are the pairs of the .properties files in order; later ones win.
	Properties []Property
	// Env is the environment as os.Environ returns it; nil reads none.
	Env []string
	// Overrides are the key=value arguments of --override, in order.
	Overrides []string
	// ReadFile reads the files that ${file:PATH:KEY} and ${directory:PATH:NAME} name (os.ReadFile); nil allows none.
	ReadFile func(name string) ([]byte, error)
}

// Parse resolves and validates the configuration of a node. Warnings are to be logged once; an error is the
// reason not to start and names the key, the value and what is allowed.
func Parse(in Input) (*Broker, []Warning, error) {
	static, warnings, err := in.merge()
	if err != nil {
		return nil, nil, err
	}
	b := &Broker{static: static}
	warnings = append(warnings, review(static)...)
	if err := derive(static); err != nil {
		return nil, warnings, err
	}
	if err := b.resolve(); err != nil {
		return nil, warnings, err
	}
	return b, warnings, b.checkSupported()
}

// ParseMap is Parse for a plain map, as embedders and tests use it.
func ParseMap(m map[string]string) (*Broker, []Warning, error) {
	var in Input
	for _, k := range sortedKeys(m) {
		in.Properties = append(in.Properties, Property{Key: k, Value: m[k]})
	}
	return Parse(in)
}

// merge lays environment over files and overrides over both, and fills in what config providers supply.
func (in Input) merge() (map[string]string, []Warning, error) {
	var warnings []Warning
	out := make(map[string]string)
	for _, p := range in.Properties {
		value, dropped := dropComment(p)
		if dropped {
			warnings = append(warnings, Warning{Kind: Note, Key: p.Key, Text: fmt.Sprintf(
				"line %d: the comment after the value of %s is ignored; Apache Kafka takes it as part of the value, so put it on a line of its own", p.Line, p.Key)})
		}
		out[p.Key] = value
	}
	for _, p := range FromEnv(in.Env) {
		out[p.Key] = p.Value
	}
	for _, o := range in.Overrides {
		k, v, ok := strings.Cut(o, "=")
		if !ok || strings.TrimSpace(k) == "" {
			return nil, nil, errorf("--override %s: the form is key=value", o)
		}
		out[strings.TrimSpace(k)] = v
	}
	return out, warnings, in.provide(out)
}

// dropComment cuts " # comment" behind the value of a number, boolean or list in a file. Such lines are common
// in tutorials; Java would make the comment part of the value and Kafka would refuse it or, for log.dirs, make
// a folder of that name.
func dropComment(p Property) (string, bool) {
	d := Lookup(BrokerKey, p.Key)
	if d == nil || p.Line == 0 || d.Type == Password || d.Type == String || d.Type == Class {
		return p.Value, false
	}
	for i := 1; i < len(p.Value); i++ {
		if p.Value[i] == '#' && strings.IndexByte(" \t\f", p.Value[i-1]) >= 0 {
			return strings.TrimRight(p.Value[:i], " \t\f"), true
		}
	}
	return p.Value, false
}

// derive adds the keys that follow from others: node.id and broker.id from each other, and for a file of the
// ZooKeeper age, which has no process.roles, the roles of a combined node.
func derive(static map[string]string) error {
	node, hasNode := static["node.id"]
	broker, hasBroker := static["broker.id"]
	switch {
	case hasNode && hasBroker && node != broker:
		return errorf("`node.id` and `broker.id` must be set to the same value. `broker.id` is deprecated, please use `node.id` instead.")
	case hasNode:
		static["broker.id"] = node
	case hasBroker && strings.TrimSpace(broker) != "-1":
		static["node.id"] = broker
	default:
		static["node.id"], static["broker.id"] = "1", "1"
	}
	if _, ok := static["process.roles"]; !ok {
		static["process.roles"] = "broker,controller"
	}
	return nil
}
