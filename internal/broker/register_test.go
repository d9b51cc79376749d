package broker

import (
	"testing"

	"github.com/gregorhq/gregor/internal/config"
	"github.com/gregorhq/gregor/vfs"
)

// startNode runs a node on fsys. The test stops it at its end.
func startNode(t *testing.T, fsys vfs.FS) *Node {
	t.Helper()
	cfg, _, err := config.ParseMap(map[string]string{
		"process.roles": "broker,controller", "node.id": "1", "controller.listener.names": "CONTROLLER",
		"listeners": "PLAINTEXT://127.0.0.1:0,CONTROLLER://127.0.0.1:0", "log.dirs": "/data",
	})
	if err != nil {
		t.Fatal(err)
	}
	n, err := Start(t.Context(), Options{Config: cfg, FS: fsys})
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// The metadata holds the controller's own registration (KIP-919), one for each incarnation.
func TestControllerIsRegistered(t *testing.T) {
	fsys := vfs.NewMem()
	seen := map[[16]byte]bool{}
	for range 2 {
		n := startNode(t, fsys)
		c := n.image.Load().Controller(1)
		if c == nil || len(c.Endpoints) != 1 || c.Endpoints[0].Name != "CONTROLLER" || int(c.Endpoints[0].Port) != boundPort(n, "CONTROLLER") || len(c.Features) == 0 {
			t.Fatalf("%+v", c)
		}
		seen[c.IncarnationID] = true
		if err := n.Stop(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if len(seen) != 2 {
		t.Error("the second life has the incarnation id of the first")
	}
}

func boundPort(n *Node, listener string) int {
	a, _ := n.front.Bound(listener)
	return a.Port
}
