package handlers

import (
	"testing"

	"github.com/gregorhq/gregor/internal/protocol"
)

type thisNode struct{ APIVersionsSource }

func (thisNode) ClusterID() string { return "right" }
func (thisNode) NodeID() int32     { return 1 }

// As Apache Kafka 4.4.0 answered, asked with the same requests.
func TestExpectedClusterAndNode(t *testing.T) {
	right, wrong, empty := "right", "wrong", ""
	for _, c := range []struct {
		cluster *string
		node    int32
		want    protocol.Error
	}{
		{nil, -1, protocol.ErrNone}, {&right, 1, protocol.ErrNone},
		{&right, -1, protocol.ErrInvalidRequest}, {&wrong, -1, protocol.ErrInvalidRequest}, {&empty, -1, protocol.ErrInvalidRequest},
		{nil, 1, protocol.ErrInvalidRequest}, {nil, 7, protocol.ErrInvalidRequest}, {nil, -5, protocol.ErrInvalidRequest},
		{&wrong, 1, protocol.ErrRebootstrapRequired}, {&right, 7, protocol.ErrRebootstrapRequired},
		{&empty, 1, protocol.ErrRebootstrapRequired}, {&right, -5, protocol.ErrRebootstrapRequired},
	} {
		if got := checkExpected(&protocol.APIVersionsRequest{ClusterID: c.cluster, NodeID: c.node}, thisNode{}); got != c.want {
			t.Errorf("cluster %v, node %d: %s, want %s", c.cluster, c.node, got.Name(), c.want.Name())
		}
	}
}
