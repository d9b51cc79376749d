// Package node tests whole brokers over sockets, inside the test's process: the life of a node,
// live changes of configurations, group membership, the wire protocol, and fuzzed requests.
package node_test

import (
	"testing"

	"github.com/twmb/franz-go/pkg/kgo"
	"go.uber.org/goleak"

	"github.com/gregorhq/gregor"
	"github.com/gregorhq/gregor/gregortest"
	"github.com/gregorhq/gregor/internal/testkit"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func start(t *testing.T, c gregor.Config) *gregor.Broker {
	t.Helper()
	return gregortest.New(t, c).Broker
}

func client(t *testing.T, b *gregor.Broker, opts ...kgo.Opt) *kgo.Client {
	t.Helper()
	return testkit.Client(t, b.Addr(), opts...)
}
