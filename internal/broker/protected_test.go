package broker

import (
	"io"
	"net"
	"testing"
	"time"

	"github.com/gregorhq/gregor/internal/config"
	"github.com/gregorhq/gregor/vfs"
)

// The listener lines are those of Apache Kafka's own config/server.properties: advertised.listeners
// names the controller's listener, too. max.connections must hold for the only broker listener.
func TestKafkasStockListenersKeepMaxConnections(t *testing.T) {
	served := answeredOn(t, map[string]string{
		"process.roles": "broker,controller", "node.id": "1", "controller.listener.names": "CONTROLLER", "inter.broker.listener.name": "PLAINTEXT",
		"listeners":            "PLAINTEXT://127.0.0.1:0,CONTROLLER://127.0.0.1:0",
		"advertised.listeners": "PLAINTEXT://127.0.0.1:0,CONTROLLER://127.0.0.1:0", "max.connections": "2", "log.dirs": "/a",
	}, "PLAINTEXT", 4, "")
	if served != 2 {
		t.Errorf("%d connections of 4 are served, max.connections is 2", served)
	}
}

// A listener that is not advertised counts in Kafka, too: the listener between brokers is exempt.
func TestAListenerThatIsNotAdvertisedCounts(t *testing.T) {
	served := answeredOn(t, map[string]string{
		"process.roles": "broker,controller", "node.id": "1", "controller.listener.names": "CONTROLLER", "inter.broker.listener.name": "PLAINTEXT",
		"listeners":                      "PLAINTEXT://127.0.0.1:0,EXT://127.0.0.1:0,CONTROLLER://127.0.0.1:0",
		"listener.security.protocol.map": "PLAINTEXT:PLAINTEXT,EXT:PLAINTEXT,CONTROLLER:PLAINTEXT",
		"advertised.listeners":           "PLAINTEXT://127.0.0.1:0", "max.connections": "2", "log.dirs": "/a",
	}, "EXT", 2, "PLAINTEXT")
	if served != 3 {
		t.Errorf("%d of 3 connections are served, the last one is between brokers", served)
	}
}

func answeredOn(t *testing.T, props map[string]string, on string, n int, last string) (served int) {
	t.Helper()
	cfg, _, err := config.ParseMap(props)
	if err != nil {
		t.Fatal(err)
	}
	node, err := Start(t.Context(), Options{Config: cfg, FS: vfs.NewMem()})
	if err != nil {
		t.Fatal(err)
	}
	defer node.Stop(t.Context())
	try := func(listener string) {
		at, _ := node.front.Bound(listener)
		c, err := net.DialTCP("tcp", nil, &net.TCPAddr{IP: net.ParseIP("127.0.0.1"), Port: at.Port})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { c.Close() })
		c.Write([]byte{0, 0, 0, 11, 0, 18, 0, 0, 0, 0, 0, 7, 0, 1, 'x'})
		_ = c.SetReadDeadline(time.Now().Add(time.Second))
		if _, err := io.ReadFull(c, make([]byte, 8)); err == nil {
			served++
		}
	}
	for range n {
		try(on)
	}
	if last != "" {
		try(last)
	}
	return served
}
