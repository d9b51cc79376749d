package config

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/gregorhq/gregor/internal/java"
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
	// ReadFile reads the files that ${file:PATH:KEY} and ${directory:PATH:NAME} name (os.ReadFile);
	// nil allows none.
	ReadFile func(name string) ([]byte, error)
}

// Parse resolves and validates the configuration of a node. The caller logs the warnings once.
// After an error the node does not start. The error names the key, the value and the allowed
// values.
func Parse(in Input) (*Broker, []Warning, error) {
	static, warnings, err := in.merge()
	if err != nil {
		return nil, nil, err
	}
	v := &Values{static: static}
	warnings = append(warnings, review(static)...)
	if err := derive(static); err != nil {
		return nil, warnings, atStart(err)
	}
	if err := v.resolve(); err != nil {
		return nil, warnings, atStart(err)
	}
	return &Broker{v}, warnings, v.checkSupported()
}

// ParseMap is Parse for a plain map, as embedders and tests use it.
func ParseMap(m map[string]string) (*Broker, []Warning, error) {
	var in Input
	for _, k := range sortedKeys(m) {
		in.Properties = append(in.Properties, Property{Key: k, Value: m[k]})
	}
	return Parse(in)
}

// merge lays environment over files and overrides over both, and fills in the values of config
// providers.
func (in Input) merge() (map[string]string, []Warning, error) {
	var warnings []Warning
	out := make(map[string]string)
	for _, p := range in.Properties {
		value, dropped := dropComment(p)
		if dropped {
			warnings = append(warnings, Warning{Kind: Note, Key: p.Key, Text: fmt.Sprintf(
				"line %d: the comment after the value of %s is ignored; Apache Kafka takes it as part of the value, so put it on a line of its own", p.Line, p.Key)})
		}
		out[p.Key] = strings.ToValidUTF8(value, "\uFFFD")
	}
	for _, p := range FromEnv(in.Env) {
		out[p.Key] = p.Value
	}
	for _, o := range in.Overrides {
		k, v, ok := strings.Cut(o, "=")
		if !ok || strings.TrimSpace(k) == "" {
			return nil, nil, errorf("--override %s: the form is key=value", o)
		}
		out[strings.TrimSpace(k)] = strings.ToValidUTF8(v, "\uFFFD")
	}
	return out, warnings, in.provide(out)
}

// dropComment cuts " # comment" behind the value of a number, boolean or list in a file. Such lines
// are common in tutorials. In Java the comment is part of the value, so Kafka refuses it or, for
// log.dirs, makes a folder of that name.
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

// derive adds the keys that follow from others: node.id and broker.id from each other, and the
// roles of a node that has both. They are missing in a file of the ZooKeeper age and where nothing
// is configured; such a node starts alone, and its id is 1. A file with process.roles is one of a
// cluster, whose nodes would all be node 1, so Apache Kafka's rule applies: it must have an id.
func derive(static map[string]string) error {
	node, hasNode := static["node.id"]
	broker, hasBroker := static["broker.id"]
	_, hasRoles := static["process.roles"]
	switch {
	case hasNode && hasBroker && differ(node, broker):
		return errorf("`node.id` and `broker.id` must be set to the same value. `broker.id` is deprecated, please use `node.id` instead.")
	case hasNode:
		// Checked here, because broker.id is resolved before node.id and would be named.
		if _, err := Lookup(BrokerKey, "node.id").ParseValue(node); err != nil {
			return err
		}
		static["broker.id"] = node
	case hasBroker && differ(broker, "-1"):
		static["node.id"] = broker
	case hasRoles && hasBroker:
		return errorf("Invalid value %s for configuration node.id: Value must be at least 0", broker)
	case hasRoles:
		return errorf("Missing required configuration \"node.id\" which has no default value.")
	default:
		static["node.id"], static["broker.id"] = "1", "1"
	}
	if hasRoles {
		if _, ok := static["controller.listener.names"]; !ok {
			return errorf("Missing required configuration \"controller.listener.names\" which has no default value.")
		}
		return nil
	}
	static["process.roles"] = "broker,controller"
	if _, ok := static["controller.listener.names"]; !ok && namesListener(static["listeners"], defaultControllerListener) {
		static["controller.listener.names"] = defaultControllerListener
	}
	return nil
}

// defaultControllerListener is the name that Kafka's own files give to a controller listener.
const defaultControllerListener = "CONTROLLER"

// namesListener reports whether a value of listeners has a listener of that name.
func namesListener(listeners, name string) bool {
	return slices.ContainsFunc(splitList(listeners), func(s string) bool {
		scheme, _, ok := strings.Cut(s, "://")
		return ok && strings.EqualFold(scheme, name)
	})
}

// differ reports whether two values are different numbers. The parser refuses values that are not
// numbers.
func differ(a, b string) bool {
	x, errX := java.ParseInt(java.Trim(a), 32)
	y, errY := java.ParseInt(java.Trim(b), 32)
	return errX == nil && errY == nil && x != y
}

// atStart adds the allowed values to the refusal of a value that is not a number. Kafka's text
// names only the type.
func atStart(err error) error {
	var e *Error
	if !errors.As(err, &e) || e.notNumber == nil {
		return err
	}
	return errorf("%s. It must be %s.", e.Message, e.notNumber.allowedNumbers())
}

// allowedNumbers describes the values of a numeric key in words.
func (d *Definition) allowedNumbers() string {
	text := "a whole number"
	if d.Type == Double {
		text = "a number"
	}
	b, ok := d.Valid.(bounds)
	switch {
	case ok && b.hasMax:
		return fmt.Sprintf("%s from %s to %s", text, number(b.min), number(b.max))
	case ok:
		return fmt.Sprintf("%s of at least %s", text, number(b.min))
	case d.Valid != nil:
		return text + " in " + d.Valid.String()
	}
	return text
}
