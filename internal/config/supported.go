package config

import "fmt"

// checkSupported refuses settings that would be unsafe to ignore. A node whose configuration asks
// for TLS, SASL or an authorizer must not serve without them, and one of several controllers must
// not start alone.
func (b *Values) checkSupported() error {
	for _, l := range b.listeners {
		if l.Protocol != Plaintext {
			return invalid("listeners", l, fmt.Sprintf("listener %s asks for %s; gregor serves PLAINTEXT listeners only so far", l.Name, l.Protocol))
		}
	}
	if len(b.voters) > 1 {
		return invalid("controller.quorum.voters", display(b.List("controller.quorum.voters")), "gregor does not form clusters of several nodes yet; name this node alone")
	}
	if servers := b.List("controller.quorum.bootstrap.servers"); len(servers) > 1 {
		return invalid("controller.quorum.bootstrap.servers", display(servers), "gregor does not form clusters of several nodes yet; name this node alone")
	}
	if len(b.List("process.roles")) < 2 {
		return invalid("process.roles", display(b.List("process.roles")), "gregor does not form clusters of several nodes yet; the value must be broker,controller")
	}
	if s := b.String("authorizer.class.name"); s != "" {
		return invalid("authorizer.class.name", s, "gregor does not enforce ACLs yet; remove the key to start without an authorizer")
	}
	return nil
}
