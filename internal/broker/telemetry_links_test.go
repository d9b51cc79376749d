package broker_test

import (
	"testing"
	"time"

	"github.com/gregorhq/gregor/internal/broker"
	peers "github.com/gregorhq/gregor/internal/client"
	"github.com/gregorhq/gregor/internal/client/link"
	"github.com/gregorhq/gregor/internal/protocol"
)

// linkTraffic sends requests as to another node: one to the node itself, and one to an address that
// does not exist.
func linkTraffic(t *testing.T, n *broker.Node) {
	t.Helper()
	ask := func(to peers.Peer) error {
		out := make(chan error, 1)
		req := peers.NewRequest(protocol.New[protocol.MetadataRequest](), time.Hour)
		n.Peers().Send(to, req, func(_ peers.Answer, err error) { out <- err })
		return <-out
	}
	if err := ask(peers.Peer{ID: 1, Address: n.BoundAddr("PLAINTEXT"), Listener: "PLAINTEXT"}); err != nil {
		t.Error(err)
	}
	if err := ask(peers.Peer{ID: 99, Address: "no-such-host.invalid:9092", Listener: "PLAINTEXT"}); peers.KindOf(err) != link.Unreachable {
		t.Error(err)
	}
}

// TestLinksAreShown: the page has the connections to other nodes.
func TestLinksAreShown(t *testing.T) {
	n := node(t, nil)
	linkTraffic(t, n)
	got := samples(t, page(t, n))
	for series, want := range map[string]float64{
		`gregor_link_up{class="general",listener="PLAINTEXT",node="1"}`:                                          1,
		`gregor_link_up{class="general",listener="PLAINTEXT",node="99"}`:                                         0,
		`gregor_link_requests_total{class="general",listener="PLAINTEXT",node="1"}`:                              1,
		`gregor_link_failed_requests_total{class="general",listener="PLAINTEXT",node="99",reason="unreachable"}`: 1,
		`gregor_link_breaks_total{class="general",listener="PLAINTEXT",node="99"}`:                               1,
		`kafka_server_forwardingmanager_queuelength`:                                                             0,
	} {
		if v, ok := got[series]; !ok || v != want {
			t.Errorf("%s is %v, want %v", series, v, want)
		}
	}
	for series := range got { // for the errors above
		if len(series) > 12 && series[:12] == "gregor_link_" {
			t.Log(series)
		}
	}
}
