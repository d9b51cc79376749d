package config

import (
	"net"
	"strconv"
	"strings"
)

// SecurityProtocol is the layer below the Kafka protocol on a listener.
type SecurityProtocol string

// Kafka's security protocols.
const (
	Plaintext     SecurityProtocol = "PLAINTEXT"
	SSL           SecurityProtocol = "SSL"
	SASLPlaintext SecurityProtocol = "SASL_PLAINTEXT"
	SASLSSL       SecurityProtocol = "SASL_SSL"
)

// Code is the number of the protocol in RegisterBrokerRecord and BrokerRegistration.
func (p SecurityProtocol) Code() int16 {
	switch p {
	case SSL:
		return 1
	case SASLPlaintext:
		return 2
	case SASLSSL:
		return 3
	}
	return 0
}

// Listener is one entry of listeners or advertised.listeners.
type Listener struct {
	// Name is upper case, as Kafka normalises it.
	Name     string
	Protocol SecurityProtocol
	// Host is without brackets. Empty in listeners: all interfaces. Empty in advertised.listeners:
	// the machine's host name is handed out.
	Host string
	// Port may be 0 in listeners (the system picks one); 0 in advertised.listeners stands for the
	// port that was bound.
	Port int
	// Controller listeners (controller.listener.names) serve the quorum and are not handed out to
	// clients.
	Controller bool
}

// Address is host:port for net.Listen or net.Dial, with brackets around IPv6.
func (l Listener) Address() string { return net.JoinHostPort(l.Host, strconv.Itoa(l.Port)) }

// String is the form of the configuration file.
func (l Listener) String() string { return l.Name + "://" + l.Address() }

// Voter is one entry of controller.quorum.voters.
type Voter struct {
	ID   int32
	Host string
	Port int
}

func (b *Values) nodeID() int32 { return int32(b.Int("node.id")) }

// ListenerInt is the value of a number that is set for one listener alone (listener.name.NAME.KEY),
// per broker, for all brokers or in the file. ok is false when it is not set.
func (b *Values) ListenerInt(listener, name string) (v int, ok bool) {
	key := "listener.name." + strings.ToLower(listener) + "." + name
	for _, level := range []map[string]string{b.perBroker, b.clusterDefault, b.static} {
		if s, set := level[key]; set {
			// It was checked when the configuration was resolved.
			n, err := Lookup(BrokerKey, name).ParseValue(s)
			i, isInt := n.(int64)
			return int(i), err == nil && isInt
		}
	}
	return 0, false
}

// checkListenerKeys validates values that are set for single listeners by the keys behind the
// prefix.
func (b *Values) checkListenerKeys() error {
	for _, k := range sortedKeys(b.static) {
		m := listenerPrefix.FindStringSubmatch(k)
		if m == nil {
			continue
		}
		if d := Lookup(BrokerKey, m[1]); d != nil {
			if _, err := d.ParseValue(b.static[k]); err != nil {
				return err
			}
		}
	}
	return nil
}
