package broker

import "github.com/gregorhq/gregor/internal/telemetry"

// registerMetrics enters the series that are read from the engines when somebody asks.
func (n *Node) registerMetrics() {
	reg := n.Telemetry
	reg.GaugeFunc(telemetry.BrokerState, func() float64 {
		select {
		case <-n.ready:
			return 3 // RUNNING
		default:
			return 2 // RECOVERY
		}
	})
}

func (n *Node) connections() int {
	if n.net == nil {
		return 0
	}
	return n.net.Connections()
}
