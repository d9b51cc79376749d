package config

import (
	"slices"
	"strconv"
	"strings"
)

// IsBroker reports whether process.roles has the broker role.
func (b *Broker) IsBroker() bool { return b.v.isBroker() }

// IsController reports whether process.roles has the controller role.
func (b *Broker) IsController() bool { return b.v.isController() }

// BootstrapServers are the entries of controller.quorum.bootstrap.servers in order. Their ID is -1.
func (b *Broker) BootstrapServers() (out []Voter) {
	for _, s := range b.List(bootstrapServers) {
		host, port, _ := splitAddress(s) // checked at the start
		out = append(out, Voter{ID: -1, Host: host, Port: port})
	}
	return out
}

// Alone reports whether the configuration is that of the only node of a cluster: it has both roles
// and names no other controller.
func (b *Broker) Alone() bool {
	return b.IsBroker() && b.IsController() && len(b.Voters()) <= 1 && len(b.List(bootstrapServers)) <= 1
}

func (b *Values) isBroker() bool     { return slices.Contains(b.List("process.roles"), "broker") }
func (b *Values) isController() bool { return slices.Contains(b.List("process.roles"), "controller") }

const (
	quorumVoters     = "controller.quorum.voters"
	bootstrapServers = "controller.quorum.bootstrap.servers"
)

// checkRoles holds the rules that depend on process.roles (Kafka: KafkaConfig.validateValues). A
// node that has both roles may name no controller: it is alone.
func (b *Values) checkRoles() error {
	if !(b.isBroker() && b.isController()) && len(b.voters) == 0 && len(b.List(bootstrapServers)) == 0 {
		return errorf("If using process.roles, either %s must contain the set of bootstrap controllers or %s must contain a parseable set of controllers.",
			bootstrapServers, quorumVoters)
	}
	if err := b.checkVoters(); err != nil {
		return err
	}
	if b.isController() {
		return nil
	}
	if b.Bool("controller.quorum.auto.join.enable") {
		return requirement("controller.quorum.auto.join.enable is only supported when process.roles contains the 'controller' role.")
	}
	return nil
}

// checkVoters holds controller.quorum.voters to this node: it names a controller, and no broker.
func (b *Values) checkVoters() error {
	if len(b.voters) == 0 {
		return nil
	}
	var ids []string
	named := false
	for _, v := range b.voters {
		named = named || v.ID == b.nodeID()
		ids = append(ids, strconv.Itoa(int(v.ID)))
	}
	switch {
	case b.isController() && !named:
		return requirement("If process.roles contains the 'controller' role, the node id %d must be included in the set of voters controller.quorum.voters=Set(%s)",
			b.nodeID(), strings.Join(ids, ", "))
	case !b.isController() && named:
		return requirement("If process.roles contains just the 'broker' role, the node id %d must not be included in the set of voters controller.quorum.voters=Set(%s)",
			b.nodeID(), strings.Join(ids, ", "))
	}
	return nil
}

// checkControllerNames holds controller.listener.names to the listeners. A node alone without the
// key has no controller listener: its controller and its broker are one process.
func (b *Values) checkControllerNames() error {
	if !b.IsSet("controller.listener.names") {
		return nil
	}
	names := b.List("controller.listener.names")
	has := func(name string) bool {
		return slices.ContainsFunc(b.listeners, func(l Listener) bool { return l.Name == strings.ToUpper(name) })
	}
	if !b.isController() {
		if slices.ContainsFunc(names, has) {
			return requirement("controller.listener.names must not contain a value appearing in the 'listeners' configuration when running KRaft with just the broker role")
		}
		return nil
	}
	if !b.isBroker() && slices.ContainsFunc(b.listeners, func(l Listener) bool { return !l.Controller }) {
		return requirement("The listeners config must only contain KRaft controller listeners from controller.listener.names when process.roles=controller")
	}
	for _, name := range names {
		if !has(name) {
			return requirement("controller.listener.names must only contain values appearing in the 'listeners' configuration when running the KRaft controller role")
		}
	}
	if s := b.String("inter.broker.listener.name"); !b.isBroker() && b.IsSet("inter.broker.listener.name") && b.controllerListeners[strings.ToUpper(s)] {
		return requirement("controller.listener.names must not contain an explicitly set inter.broker.listener.name configuration value when process.roles=controller")
	}
	return nil
}

// advertisedControllers keeps the advertised controller listeners of a node that is no broker. As
// in Kafka, others do not count.
func (b *Values) advertisedControllers() error {
	b.advertised = slices.DeleteFunc(b.advertised, func(l Listener) bool { return !l.Controller })
	if slices.ContainsFunc(b.advertised, func(l Listener) bool { return l.Host == "0.0.0.0" }) {
		return metaAddress
	}
	return nil
}
