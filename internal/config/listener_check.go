package config

import (
	"slices"
	"strconv"
	"strings"
)

// checkAdvertised holds the rules between listeners, advertised.listeners and inter.broker.listener.name.
func (b *Broker) checkAdvertised(protocols map[string]SecurityProtocol) error {
	if !slices.Contains(b.List("process.roles"), "broker") {
		b.advertised = nil
		return nil
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
		case l.Host == "0.0.0.0" || l.Host == "::":
			return metaAddress
		case l.Controller:
			// Where other controllers reach this one (KIP-853); Kafka's own server.properties has one. Clients are not told of it.
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

// InterBrokerListener is the name of the listener that brokers use among themselves: inter.broker.listener.name,
// else the one named like security.inter.broker.protocol, else (gregor's leniency, where nobody set that) the first advertised one.
func (b *Broker) InterBrokerListener() string {
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

func (b *Broker) checkInterBroker(protocols map[string]SecurityProtocol) error {
	if b.IsSet("inter.broker.listener.name") && b.IsSet("security.inter.broker.protocol") {
		return errorf("Only one of inter.broker.listener.name and security.inter.broker.protocol should be set.")
	}
	name := b.InterBrokerListener()
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
func (b *Broker) resolveVoters() error {
	const key = "controller.quorum.voters"
	b.voters = nil
	for _, s := range b.List(key) {
		id, address, ok := strings.Cut(s, "@")
		if !ok {
			return errorf("Invalid configuration value for %s. Each entry should be in the form `{id}@{host}:{port}`.", key)
		}
		n, err := strconv.ParseInt(id, 10, 32)
		if err != nil || n < 0 {
			return errorf("Failed to parse voter ID as an integer from %s", id)
		}
		colon := strings.LastIndexByte(address, ':')
		host := strings.TrimSuffix(strings.TrimPrefix(address[:max(colon, 0)], "["), "]")
		if host == "" {
			return errorf("Failed to parse host name from entry %s for the configuration %s. Each entry should be in the form `{id}@{host}:{port}`.", s, key)
		}
		port, err := strconv.ParseUint(address[colon+1:], 10, 16)
		if err != nil {
			return errorf("Failed to parse host port from entry %s for the configuration %s. Each entry should be in the form `{id}@{host}:{port}`.", s, key)
		}
		b.voters = append(b.voters, Voter{ID: int32(n), Host: host, Port: int(port)})
	}
	return b.checkVoters()
}

func (b *Broker) checkVoters() error {
	if len(b.voters) == 0 || !slices.Contains(b.List("process.roles"), "controller") {
		return nil
	}
	var ids []string
	for _, v := range b.voters {
		if v.ID == b.NodeID() {
			return nil
		}
		ids = append(ids, strconv.Itoa(int(v.ID)))
	}
	return requirement("If process.roles contains the 'controller' role, the node id %d must be included in the set of voters controller.quorum.voters=Set(%s)",
		b.NodeID(), strings.Join(ids, ", "))
}
