package config

import (
	"strings"
	"testing"
)

func parseText(t *testing.T, text string) (*Broker, error) {
	t.Helper()
	b, _, err := Parse(Input{Properties: parsed(t, text)})
	return b, err
}

func listenerText(ls []Listener) string {
	var out []string
	for _, l := range ls {
		s := l.String() + "/" + string(l.Protocol)
		if l.Controller {
			s += "/controller"
		}
		out = append(out, s)
	}
	return strings.Join(out, " ")
}

func TestListeners(t *testing.T) {
	for _, c := range []struct{ text, listeners, advertised, interBroker string }{
		{"", "PLAINTEXT://:9092/PLAINTEXT", "PLAINTEXT://:9092/PLAINTEXT", "PLAINTEXT"},
		{"listeners=plaintext://[::1]:0", "PLAINTEXT://[::1]:0/PLAINTEXT", "PLAINTEXT://[::1]:0/PLAINTEXT", "PLAINTEXT"},
		{"listeners=PLAINTEXT://0.0.0.0:9092\nadvertised.listeners=PLAINTEXT://kafka-1.example.org:19092",
			"PLAINTEXT://0.0.0.0:9092/PLAINTEXT", "PLAINTEXT://kafka-1.example.org:19092/PLAINTEXT", "PLAINTEXT"},
		{"listeners=PLAINTEXT://:9092,CONTROLLER://:9093\ncontroller.listener.names=CONTROLLER",
			"PLAINTEXT://:9092/PLAINTEXT CONTROLLER://:9093/PLAINTEXT/controller", "PLAINTEXT://:9092/PLAINTEXT", "PLAINTEXT"},
		{"listeners=IN://a:1, OUT://b:2\nlistener.security.protocol.map=in:PLAINTEXT,OUT:PLAINTEXT\ninter.broker.listener.name=out",
			"IN://a:1/PLAINTEXT OUT://b:2/PLAINTEXT", "IN://a:1/PLAINTEXT OUT://b:2/PLAINTEXT", "OUT"},
		{"listeners=A://1.1.1.1:9,B://[::2]:9\nlistener.security.protocol.map=A:PLAINTEXT,B:PLAINTEXT",
			"A://1.1.1.1:9/PLAINTEXT B://[::2]:9/PLAINTEXT", "A://1.1.1.1:9/PLAINTEXT B://[::2]:9/PLAINTEXT", "A"},
		{"listeners=A://a:0,B://a:0\nlistener.security.protocol.map=A:PLAINTEXT,B:PLAINTEXT",
			"A://a:0/PLAINTEXT B://a:0/PLAINTEXT", "A://a:0/PLAINTEXT B://a:0/PLAINTEXT", "A"},
	} {
		b, err := parseText(t, c.text)
		if err != nil {
			t.Errorf("%q: %v", c.text, err)
			continue
		}
		if l, a := listenerText(b.Listeners()), listenerText(b.AdvertisedListeners()); l != c.listeners || a != c.advertised || b.v.interBrokerListener() != c.interBroker {
			t.Errorf("%q:\n%s\n%s\n%s", c.text, l, a, b.v.interBrokerListener())
		}
	}
}

// The texts are those of a running Apache Kafka 4.4.0, except where it has no text of its own.
func TestListenerRefusals(t *testing.T) {
	const meta = "advertised.listeners cannot use the nonroutable meta-address 0.0.0.0. Use a routable IP address."
	for text, want := range map[string]string{
		"listeners=":                                "Configuration 'listeners' must not be empty. Valid values include: any non-empty value",
		"listeners=PLAINTEXT:/foo":                  "Error creating broker listeners from '[PLAINTEXT:/foo]': Unable to parse PLAINTEXT:/foo to a broker endpoint",
		"listeners=PLAINTEXT://a":                   "Error creating broker listeners from '[PLAINTEXT://a]': Unable to parse PLAINTEXT://a to a broker endpoint",
		"listeners=PLAINTEXT://a b:1":               "Error creating broker listeners from '[PLAINTEXT://a b:1]': Unable to parse PLAINTEXT://a b:1 to a broker endpoint",
		"listeners=PLAINTEXT://a:99999":             "Error creating broker listeners from '[PLAINTEXT://a:99999]': Unable to parse PLAINTEXT://a:99999 to a broker endpoint: the port must be from 0 to 65535",
		"listeners=FOO://a:1":                       "Error creating broker listeners from '[FOO://a:1]': No security protocol defined for listener FOO",
		"listeners=PLAINTEXT://a:1,PLAINTEXT://a:2": "Error creating broker listeners from '[PLAINTEXT://a:1, PLAINTEXT://a:2]': Each listener must have a different name, listeners: [PLAINTEXT://a:1, PLAINTEXT://a:2]",
		"listeners=PLAINTEXT://a:1,CONTROLLER://a:1\ncontroller.listener.names=CONTROLLER": "Error creating broker listeners from '[PLAINTEXT://a:1, CONTROLLER://a:1]': If you have two listeners on the same port then one needs to be IPv4 and the other IPv6, listeners: [PLAINTEXT://a:1, CONTROLLER://a:1], port: 1",
		"listeners=PLAINTEXT://0.0.0.0:9092":                                               meta,
		"advertised.listeners=PLAINTEXT://0.0.0.0:9092":                                    meta,
		"listeners=CONTROLLER://a:1\ncontroller.listener.names=CONTROLLER":                 "There must be at least one broker advertised listener. Perhaps all listeners appear in controller.listener.names?",
		"advertised.listeners=EXTERNAL://a:1":                                              "Error creating broker listeners from '[EXTERNAL://a:1]': No security protocol defined for listener EXTERNAL",
		"advertised.listeners=SSL://a:1":                                                   "advertised.listeners listener names must be equal to or a subset of the ones defined in listeners. Found SSL. The valid options based on the current configuration are PLAINTEXT",
		"listener.security.protocol.map=PLAINTEXT:FOO":                                     "Invalid security protocol `FOO` defined in listener.security.protocol.map: it must be one of PLAINTEXT, SSL, SASL_PLAINTEXT, SASL_SSL",
		"listener.security.protocol.map=PLAINTEXT":                                         "Invalid value PLAINTEXT for configuration listener.security.protocol.map: the entry 'PLAINTEXT' is not of the form NAME:PROTOCOL",
		"inter.broker.listener.name=EXTERNAL":                                              "Listener with name EXTERNAL defined in inter.broker.listener.name not found in listener.security.protocol.map.",
		"inter.broker.listener.name=SSL":                                                   "inter.broker.listener.name must be a listener name defined in advertised.listeners. The valid options based on currently configured listeners are PLAINTEXT",
		"security.inter.broker.protocol=SSL":                                               "inter.broker.listener.name must be a listener name defined in advertised.listeners. The valid options based on currently configured listeners are PLAINTEXT",
		"inter.broker.listener.name=PLAINTEXT\nsecurity.inter.broker.protocol=PLAINTEXT":   "Only one of inter.broker.listener.name and security.inter.broker.protocol should be set.",
		"listeners=SSL://a:1":                                                              "Invalid value SSL://a:1 for configuration listeners: listener SSL asks for SSL; gregor serves PLAINTEXT listeners only so far",
	} {
		if _, err := parseText(t, text); err == nil || err.Error() != want {
			t.Errorf("%s:\n got %v\nwant %s", text, err, want)
		}
	}
}

func TestVoters(t *testing.T) {
	b, err := parseText(t, "node.id=3\ncontroller.quorum.voters=3@[::1]:9093")
	if err != nil || len(b.Voters()) != 1 || b.Voters()[0] != (Voter{3, "::1", 9093}) {
		t.Fatal(b.Voters(), err)
	}
	for p, code := range map[SecurityProtocol]int16{Plaintext: 0, SSL: 1, SASLPlaintext: 2, SASLSSL: 3} {
		if p.Code() != code {
			t.Errorf("%s: %d", p, p.Code())
		}
	}
	if b, err := parseText(t, "max.connections.per.ip.overrides=127.0.0.1:5, ::1:6"); err != nil {
		t.Fatal(err)
	} else if m := b.Values().MaxConnectionsPerIPOverrides(); m["127.0.0.1"] != 5 || m["::1"] != 6 {
		t.Fatal(m)
	}
}

func TestKeysOfOneListener(t *testing.T) {
	b, warnings, err := ParseMap(map[string]string{"listener.name.plaintext.max.connections": "5", "max.connections": "9"})
	if err != nil || len(warnings) > 0 {
		t.Fatal(err, warnings)
	}
	if n, ok := b.Values().ListenerInt("PLAINTEXT", "max.connections"); n != 5 || !ok {
		t.Error(n, ok)
	}
	if n, ok := b.Values().ListenerInt("OTHER", "max.connections"); n != 0 || ok {
		t.Error(n, ok)
	}
	dynamic, warnings := b.With(nil, map[string]string{"listener.name.plaintext.max.connections": "6"})
	if n, _ := dynamic.ListenerInt("PLAINTEXT", "max.connections"); n != 6 || len(warnings) > 0 {
		t.Error(n, warnings)
	}
	if _, _, err := ParseMap(map[string]string{"listener.name.plaintext.max.connections": "many"}); err == nil {
		t.Error("not a number")
	}
}

// Keys below a prefix are named like any other when they do nothing or do not exist.
func TestPrefixedKeysWithoutEffect(t *testing.T) {
	for key, want := range map[string]string{
		"listener.name.plaintext.max.connections":                  "",
		"config.providers.env.param.x":                             "",
		"listener.name.plaintext.ssl.keystore.location":            "listener.name.plaintext.ssl.keystore.location has no effect: TLS is not served yet",
		"listener.name.plaintext.scram-sha-256.sasl.jaas.config":   "listener.name.plaintext.scram-sha-256.sasl.jaas.config has no effect: SASL is not served yet",
		"listener.name.plaintext.principal.mapper":                 "unknown configuration listener.name.plaintext.principal.mapper",
		"rsm.config.fetch.chunk.cache.class":                       "rsm.config.fetch.chunk.cache.class has no effect: tiered storage is not served yet",
		"rlmm.config.remote.log.metadata.topic.replication.factor": "rlmm.config.remote.log.metadata.topic.replication.factor has no effect: tiered storage is not served yet",
	} {
		_, warnings, err := ParseMap(map[string]string{key: "5"})
		if err != nil {
			t.Fatal(err)
		}
		got := ""
		for _, w := range warnings {
			got += w.String()
		}
		if got != want {
			t.Errorf("%s: got %q, want %q", key, got, want)
		}
	}
	dynamic := WithoutEffect(BrokerKey, map[string]string{"num.io.threads": "4", "log.retention.ms": "5", "some.unknown": "x"})
	if len(dynamic) != 1 || dynamic[0].String() != "num.io.threads has no effect: Go schedules its own threads; GOMAXPROCS bounds them" {
		t.Error(dynamic)
	}
}

// Apache Kafka's own server.properties advertises its controller listener.
func TestAdvertisedControllerListener(t *testing.T) {
	b, _, err := ParseMap(map[string]string{
		"process.roles": "broker,controller", "node.id": "1", "controller.quorum.bootstrap.servers": "localhost:9093",
		"listeners": "PLAINTEXT://:9092,CONTROLLER://:9093", "inter.broker.listener.name": "PLAINTEXT",
		"advertised.listeners": "PLAINTEXT://localhost:9092,CONTROLLER://localhost:9093", "controller.listener.names": "CONTROLLER",
		"listener.security.protocol.map": "CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT,SSL:SSL,SASL_PLAINTEXT:SASL_PLAINTEXT,SASL_SSL:SASL_SSL",
	})
	if err != nil {
		t.Fatal(err)
	}
	if got := b.v.interBrokerListener(); got != "PLAINTEXT" {
		t.Errorf("inter.broker.listener.name %s", got)
	}
}
