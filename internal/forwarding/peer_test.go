//go:build peer

package forwarding_test

import (
	"os"
	"strconv"
	"testing"

	"github.com/gregorhq/gregor/internal/client"
	"github.com/gregorhq/gregor/internal/client/link"
)

// TestBesideKafka runs against a controller of Apache Kafka 4.4 that leads:
//
//	export CONTROLLER=127.0.0.1:24093 BROKER=127.0.0.1:24092 NODE=1 CLUSTER=id
//	go test -tags peer ./internal/forwarding -run BesideKafka
func TestBesideKafka(t *testing.T) {
	id, err := strconv.Atoi(os.Getenv("NODE"))
	if err != nil {
		t.Fatal(err)
	}
	o := newOther(t, os.Getenv("CLUSTER"), os.Getenv("CONTROLLER"), int32(id))
	o.exercise(os.Getenv("CLUSTER"), client.Peer{ID: int32(id), Address: os.Getenv("BROKER")})
	namedNodes(t, os.Getenv("CLUSTER"), os.Getenv("CONTROLLER"), int32(id), 0) // its controllers do not check
	namedNodes(t, os.Getenv("CLUSTER"), os.Getenv("BROKER"), int32(id), link.WrongNode)
}
