package broker

import "github.com/gregorhq/gregor/internal/client"

// Peers returns the connections to other nodes.
func (n *Node) Peers() *client.Pool { return n.peers }
