package config

import "fmt"

// checkSupported refuses settings that would be unsafe to ignore. A node whose configuration asks
// for TLS, SASL or an authorizer must not serve without them.
func (b *Values) checkSupported() error {
	for _, l := range b.listeners {
		if l.Protocol != Plaintext {
			return invalid("listeners", l, fmt.Sprintf("listener %s asks for %s; gregor serves PLAINTEXT listeners only so far", l.Name, l.Protocol))
		}
	}
	if s := b.String("authorizer.class.name"); s != "" {
		return invalid("authorizer.class.name", s, "gregor does not enforce ACLs yet; remove the key to start without an authorizer")
	}
	return nil
}
