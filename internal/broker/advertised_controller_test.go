package broker

import (
	"testing"

	"github.com/gregorhq/gregor/internal/config"
	"github.com/gregorhq/gregor/vfs"
)

// advertised.listeners names the controller's listener, as in Apache Kafka's own server.properties.
// The controller registers that address, not the one that it binds.
func TestControllerRegistersItsAdvertisedAddress(t *testing.T) {
	cfg, _, err := config.ParseMap(map[string]string{
		"process.roles": "broker,controller", "node.id": "1", "controller.listener.names": "CONTROLLER",
		"listeners":            "PLAINTEXT://127.0.0.1:0,CONTROLLER://0.0.0.0:0",
		"advertised.listeners": "PLAINTEXT://127.0.0.1:0,CONTROLLER://ctl.example.org:19093", "log.dirs": "/a",
	})
	if err != nil {
		t.Fatal(err)
	}
	n, err := Start(t.Context(), Options{Config: cfg, FS: vfs.NewMem()})
	if err != nil {
		t.Fatal(err)
	}
	defer n.Stop(t.Context())
	if e := n.controllerEndpoints()[0]; e.Host != "ctl.example.org" || e.Port != 19093 {
		t.Errorf("registered as %s:%d", e.Host, e.Port)
	}
}
