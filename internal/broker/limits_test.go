package broker

import (
	"errors"
	"maps"
	"net/netip"
	"strings"
	"testing"

	"github.com/gregorhq/gregor/internal/config"
)

func namesOf(hosts map[string]string) *hostNames {
	h := newHostNames()
	h.lookup = func(host string) (out []netip.Addr, err error) {
		for a := range strings.FieldsSeq(hosts[host]) {
			out = append(out, netip.MustParseAddr(a))
		}
		if out == nil {
			err = errors.New("no such host")
		}
		return out, err
	}
	return h
}

// TestOverridesByNameAndIPv6 checks the forms of a host in max.connections.per.ip.overrides.
func TestOverridesByNameAndIPv6(t *testing.T) {
	names := namesOf(map[string]string{"clients.example": "10.0.0.1 2001:db8::7"})
	text := "clients.example:5,::1:6,0:0:0:0:0:0:0:2:7,::ffff:10.0.0.9:8,10.0.0.2:9"
	d := config.NewDynamic(config.Default())
	if w := d.Set(map[string]string{"max.connections.per.ip.overrides": text}, nil); len(w) > 0 {
		t.Fatal(w)
	}
	byHost := d.Values().MaxConnectionsPerIPOverrides()
	if err := names.resolve(overrideHosts(byHost)); err != nil {
		t.Fatal(err)
	}
	got := connectionLimits(d.Values(), nil, names).PerIPOverrides
	want := map[string]int{"10.0.0.1": 5, "2001:db8::7": 5, "::1": 6, "::2": 7, "10.0.0.9": 8, "10.0.0.2": 9}
	if !maps.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
	if err := names.resolve([]string{"nowhere.example"}); err == nil || !strings.Contains(err.Error(), "max.connections.per.ip.overrides names nowhere.example") {
		t.Error(err)
	}
}

// TestConnectionLimitsFollowTheSettings checks the connection limits after a change of the dynamic
// settings.
func TestConnectionLimitsFollowTheSettings(t *testing.T) {
	d := config.NewDynamic(config.Default())
	listeners := []config.Listener{{Name: "PLAINTEXT"}, {Name: "OTHER"}}
	if w := d.Set(map[string]string{"max.connection.creation.rate": "7", "max.connections": "8", "max.connections.per.ip": "0", "max.connections.per.ip.overrides": "127.0.0.1:3"},
		map[string]string{"listener.name.other.max.connection.creation.rate": "2"}); len(w) > 0 {
		t.Fatal(w)
	}
	l := connectionLimits(d.Values(), listeners, namesOf(nil))
	if l.MaxCreationRate != 7 || l.MaxConnections != 8 || l.MaxConnectionsPerIP != -1 || l.PerIPOverrides["127.0.0.1"] != 3 ||
		l.Listeners["OTHER"].MaxCreationRate != 2 || l.Listeners["PLAINTEXT"].MaxCreationRate != 0 {
		t.Errorf("%+v", l)
	}
}

// TestUnknownHostInOverridesStopsTheStart compares with Apache Kafka, which does not start either.
func TestUnknownHostInOverridesStopsTheStart(t *testing.T) {
	cfg, _, err := config.ParseMap(map[string]string{"listeners": "PLAINTEXT://127.0.0.1:0", "max.connections.per.ip.overrides": "nowhere.invalid:1"})
	if err != nil {
		t.Fatal(err)
	}
	n := New(Options{Config: cfg})
	s := newSockets(n)
	s.names = namesOf(nil)
	if err := s.Bind(); err == nil || !strings.Contains(err.Error(), "nowhere.invalid") {
		t.Error(err)
	}
}
