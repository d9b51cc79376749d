package config

import (
	"slices"
	"strconv"
	"strings"
)

// checkAdvertised holds the rules between listeners, advertised.listeners and inter.broker.listener.name.
func (b *Broker) checkAdvertised() error {
	if !slices.Contains(b.List("process.roles"), "broker") {
		b.advertised = nil
		return nil
	}
	if err := checkDistinct(b.advertised, strings.Join(b.List("advertised.listeners"), ","), false); err != nil {
		return err
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
			return errorf("The advertised.listeners config must not contain KRaft controller listeners from controller.listener.names when process.roles contains the broker role because Kafka clients that send requests via advertised listeners do not send requests to KRaft controllers -- they only send requests to KRaft brokers.")
		case !slices.Contains(names, l.Name):
			return errorf("advertised.listeners listener names must be equal to or a subset of the ones defined in listeners. Found %s. The valid options based on the current configuration are %s",
				joinNames(b.advertised), strings.Join(names, ","))
		}
	}
	if len(b.advertised) == 0 {
		return errorf("There must be at least one broker listener. Did you put all of them into controller.listener.names?")
	}
	return b.checkInterBroker()
}

func joinNames(ls []Listener) string {
	var names []string
	for _, l := range ls {
		names = append(names, l.Name)
	}
	return strings.Join(names, ",")
}

// InterBrokerListener is the name of the listener that brokers use among themselves: inter.broker.listener.name,
// else the one named like security.inter.broker.protocol, else (gregor's leniency) the first advertised one.
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
	if len(b.advertised) > 0 {
		return b.advertised[0].Name
	}
	return protocol
}

func (b *Broker) checkInterBroker() error {
	if b.IsSet("inter.broker.listener.name") && b.IsSet("security.inter.broker.protocol") {
		return errorf("Only one of inter.broker.listener.name and security.inter.broker.protocol should be set.")
	}
	name := b.InterBrokerListener()
	for _, l := range b.advertised {
		if l.Name == name {
			return nil
		}
	}
	return errorf("inter.broker.listener.name must be a listener name defined in advertised.listeners. The valid options based on currently configured listeners are %s",
		joinNames(b.advertised))
}

// resolveVoters parses controller.quorum.voters (Kafka: QuorumConfig.parseVoterConnections).
func (b *Broker) resolveVoters() error {
	const key = "controller.quorum.voters"
	b.voters = nil
	for _, s := range b.List(key) {
		id, address, ok := strings.Cut(s, "@")
		if !ok {
			return invalid(key, s, "Each entry should be in the form `{id}@{host}:{port}`.")
		}
		n, err := strconv.ParseInt(id, 10, 32)
		if err != nil || n < 0 {
			return errorf("Failed to parse voter ID as an integer from %s", s)
		}
		colon := strings.LastIndexByte(address, ':')
		port, err := strconv.ParseUint(address[colon+1:], 10, 16)
		if colon < 0 || err != nil {
			return errorf("Failed to parse host port from entry %s for the configuration %s. Each entry should be in the form `{id}@{host}:{port}`.", s, key)
		}
		host := strings.TrimSuffix(strings.TrimPrefix(address[:colon], "["), "]")
		if host == "" {
			return errorf("Failed to parse host name from entry %s for the configuration %s. Each entry should be in the form `{id}@{host}:{port}`.", s, key)
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
	return errorf("If process.roles contains the 'controller' role, the node id %d must be included in the set of voters controller.quorum.voters=Set(%s)",
		b.NodeID(), strings.Join(ids, ", "))
}
