package config

import (
	"slices"
	"strconv"
	"strings"

	"github.com/gregorhq/gregor/internal/java"
)

// checkAdvertised holds the rules between listeners, advertised.listeners and
// inter.broker.listener.name.
func (b *Values) checkAdvertised(protocols map[string]SecurityProtocol) error {
	if b.Has("advertised.listeners") && len(b.List("advertised.listeners")) == 0 {
		return mustNotBeEmpty("advertised.listeners", "any non-empty value")
	}
	if !b.isBroker() {
		return b.advertisedControllers()
	}
	if err := b.checkDistinct("advertised.listeners", b.advertised, false); err != nil {
		return err
	}
	if !slices.ContainsFunc(b.advertised, func(l Listener) bool { return !l.Controller }) {
		return requirement("There must be at least one broker advertised listener. Perhaps all listeners appear in controller.listener.names?")
	}
	var names []string
	for _, l := range b.listeners {
		if !l.Controller {
			names = append(names, l.Name)
		}
	}
	for _, l := range b.advertised {
		switch {
		case l.Host == "0.0.0.0":
			return metaAddress
		case l.Controller:
			// Other controllers reach this one there (KIP-853). Kafka's own server.properties has
			// one.
		case !slices.Contains(names, l.Name):
			return requirement("advertised.listeners listener names must be equal to or a subset of the ones defined in listeners. Found %s. The valid options based on the current configuration are %s",
				joinNames(b.advertised), strings.Join(names, ","))
		}
	}
	return b.checkInterBroker(protocols)
}

func joinNames(ls []Listener) string {
	var names []string
	for _, l := range ls {
		names = append(names, l.Name)
	}
	return strings.Join(names, ",")
}

// interBrokerListener is the name of the listener that brokers use among themselves. It is
// inter.broker.listener.name if that is set, or else the listener with the name of
// security.inter.broker.protocol. When neither is set and no listener has that name, it is the
// first advertised listener; Kafka refuses such a configuration.
func (b *Values) interBrokerListener() string {
	if s := b.String("inter.broker.listener.name"); s != "" {
		return strings.ToUpper(s)
	}
	protocol := b.String("security.inter.broker.protocol")
	for _, l := range b.advertised {
		if l.Name == protocol {
			return l.Name
		}
	}
	if len(b.advertised) > 0 && !b.IsSet("security.inter.broker.protocol") {
		return b.advertised[0].Name
	}
	return protocol
}

func (b *Values) checkInterBroker(protocols map[string]SecurityProtocol) error {
	if b.IsSet("inter.broker.listener.name") && b.String("inter.broker.listener.name") == "" {
		return errorf("The provided listener name is null or empty string")
	}
	if b.IsSet("inter.broker.listener.name") && b.IsSet("security.inter.broker.protocol") {
		return errorf("Only one of inter.broker.listener.name and security.inter.broker.protocol should be set.")
	}
	name := b.interBrokerListener()
	for _, l := range b.advertised {
		if l.Name == name {
			return nil
		}
	}
	if _, ok := protocols[name]; !ok {
		return errorf("Listener with name %s defined in inter.broker.listener.name not found in listener.security.protocol.map.", name)
	}
	return requirement("inter.broker.listener.name must be a listener name defined in advertised.listeners. The valid options based on currently configured listeners are %s",
		joinNames(b.advertised))
}

// resolveVoters parses controller.quorum.voters (Kafka: QuorumConfig.parseVoterConnections).
func (b *Values) resolveVoters() error {
	const key = quorumVoters
	b.voters = nil
	for _, s := range b.List(key) {
		id, address, ok := strings.Cut(s, "@")
		if !ok || strings.Contains(address, "@") {
			return errorf("Invalid configuration value for %s. Each entry should be in the form `{id}@{host}:{port}`.", key)
		}
		n, err := java.ParseInt(id, 32)
		if err != nil {
			return errorf("Failed to parse voter ID as an integer from %s", id)
		}
		host, port, err := splitAddress(address)
		if err != nil {
			return errorf("Failed to parse host name from entry %s for the configuration %s. Each entry should be in the form `{id}@{host}:{port}`.", s, key)
		}
		v := Voter{ID: int32(n), Host: host, Port: port}
		if at := slices.IndexFunc(b.voters, func(o Voter) bool { return o.ID == v.ID }); at >= 0 {
			b.voters[at] = v // the last entry of an id counts
		} else {
			b.voters = append(b.voters, v)
		}
	}
	return nil
}

// splitAddress reads HOST:PORT (Kafka: Utils.getHost, Utils.getPort).
func splitAddress(s string) (host string, port int, err error) {
	m := hostPort.FindStringSubmatch(s)
	if m == nil {
		return "", 0, errorf("%s is not of the form HOST:PORT", s)
	}
	n, err := strconv.ParseUint(m[2], 10, 16)
	return m[1], int(n), err
}

// checkBootstrapServers holds the entries of controller.quorum.bootstrap.servers to their form.
func (b *Values) checkBootstrapServers() error {
	const key = bootstrapServers
	for _, s := range b.List(key) {
		if _, _, err := splitAddress(s); err != nil {
			return errorf("Failed to parse host name from %s for the configuration %s. Each entry should be in the form \"{host}:{port}\"", s, key)
		}
	}
	return nil
}
