package config

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/gregorhq/gregor/internal/java"
)

// hostChars are the characters that Kafka takes in the name of a host (Utils.validHostPattern).
const hostChars = `[0-9a-zA-Z\-%._:]`

// hostPort is Kafka's form of an address: HOST:PORT, with or without brackets around the host.
var hostPort = regexp.MustCompile(`^\[?(` + hostChars + `+)\]?:([0-9]+)$`)

// endpoint is Kafka's form of a listener: NAME://HOST:PORT with an optional host.
var endpoint = regexp.MustCompile(`^(.*)://\[?(` + hostChars + `*)\]?:(-?[0-9]+)$`)

// resolveListeners fills listeners and advertised (Kafka: AbstractKafkaConfig,
// CoreUtils.listenerListToEndPoints).
func (b *Values) resolveListeners() error {
	b.controllerListeners = make(map[string]bool)
	if b.IsSet("controller.listener.names") && len(b.List("controller.listener.names")) == 0 {
		return mustNotBeEmpty("controller.listener.names", "any non-empty value")
	}
	for _, n := range b.List("controller.listener.names") {
		b.controllerListeners[strings.ToUpper(n)] = true
	}
	protocols, err := b.protocolMap()
	if err != nil {
		return err
	}
	if b.listeners, err = b.parseListeners("listeners", protocols); err != nil {
		return err
	}
	if err := b.checkDistinct("listeners", b.listeners, true); err != nil {
		return err
	}
	if err := b.checkControllerNames(); err != nil {
		return err
	}
	if !b.Has("advertised.listeners") {
		b.advertised = slices.DeleteFunc(slices.Clone(b.listeners), func(l Listener) bool { return l.Controller })
	} else if b.advertised, err = b.parseListeners("advertised.listeners", protocols); err != nil {
		return err
	}
	return b.checkAdvertised(protocols)
}

var metaAddress = requirement("advertised.listeners cannot use the nonroutable meta-address 0.0.0.0. Use a routable IP address.")

// protocolMap parses listener.security.protocol.map. When the user did not set it, controller
// listeners that it lacks are PLAINTEXT, as in Kafka.
func (b *Values) protocolMap() (map[string]SecurityProtocol, error) {
	const key = "listener.security.protocol.map"
	out := make(map[string]SecurityProtocol)
	if !b.IsSet(key) {
		for n := range b.controllerListeners { // the order does not matter: every name gets the same value
			out[n] = Plaintext
		}
	}
	pairs, err := parsePairs(key, b.String(key), "NAME:PROTOCOL")
	if err != nil {
		return nil, err
	}
	for _, pair := range pairs {
		p := SecurityProtocol(strings.ToUpper(pair.value))
		switch p {
		case Plaintext, SSL, SASLPlaintext, SASLSSL:
		default:
			return nil, errorf("Invalid security protocol `%s` defined in %s: it must be one of PLAINTEXT, SSL, SASL_PLAINTEXT, SASL_SSL", pair.value, key)
		}
		out[strings.ToUpper(pair.key)] = p
	}
	return out, nil
}

type pair struct{ key, value string }

// parsePairs reads "KEY:VALUE,KEY:VALUE" as Kafka's Csv.parseCsvMap does. A key may contain colons,
// so the last colon separates. Commas at the end are dropped. form describes an entry in the error.
func parsePairs(key, text, form string) ([]pair, error) {
	var out []pair
	for _, s := range splitList(strings.TrimRight(text, ", \t")) {
		colon := strings.LastIndexByte(s, ':')
		if colon < 0 {
			return nil, invalid(key, text, fmt.Sprintf("the entry '%s' is not of the form %s", s, form))
		}
		out = append(out, pair{java.Trim(s[:colon]), java.Trim(s[colon+1:])})
	}
	return out, nil
}

func (b *Values) parseListeners(key string, protocols map[string]SecurityProtocol) ([]Listener, error) {
	all := b.List(key)
	out := make([]Listener, 0, len(all))
	for _, s := range all {
		l, err := parseListener(s)
		if err == nil {
			l.Controller = b.controllerListeners[l.Name]
			if l.Protocol = protocols[l.Name]; l.Protocol == "" {
				err = errorf("No security protocol defined for listener %s", l.Name)
			}
		}
		if err != nil {
			return nil, creatingListeners(all, err.Error())
		}
		out = append(out, l)
	}
	return out, nil
}

func parseListener(s string) (Listener, error) {
	m := endpoint.FindStringSubmatch(s)
	if m == nil || m[1] == "" {
		return Listener{}, errorf("Unable to parse %s to a broker endpoint", s)
	}
	port, err := strconv.Atoi(m[3])
	if err != nil || port < 0 || port > 65535 {
		return Listener{}, errorf("Unable to parse %s to a broker endpoint: the port must be from 0 to 65535", s)
	}
	return Listener{Name: strings.ToUpper(m[1]), Host: m[2], Port: port}, nil
}

// creatingListeners words a refusal as Kafka does, with the list in Java's form.
func creatingListeners(all []string, reason string) error {
	return errorf("Error creating broker listeners from '[%s]': %s", strings.Join(all, ", "), reason)
}

// checkDistinct refuses a name used twice, and a port used twice except by one IPv4 and one IPv6
// address.
func (b *Values) checkDistinct(key string, ls []Listener, ports bool) error {
	all := b.List(key)
	text := "[" + strings.Join(all, ", ") + "]"
	names := make(map[string]bool)
	byPort := make(map[int][]Listener)
	for _, l := range ls {
		if names[l.Name] {
			return creatingListeners(all, "Each listener must have a different name, listeners: "+text)
		}
		names[l.Name] = true
		if !ports || l.Port == 0 {
			continue
		}
		for _, o := range byPort[l.Port] {
			if strings.Contains(o.Host, ":") == strings.Contains(l.Host, ":") {
				return creatingListeners(all, fmt.Sprintf(
					"If you have two listeners on the same port then one needs to be IPv4 and the other IPv6, listeners: %s, port: %d", text, l.Port))
			}
		}
		byPort[l.Port] = append(byPort[l.Port], l)
	}
	return nil
}
