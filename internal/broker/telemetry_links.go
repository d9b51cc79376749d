package broker

import (
	"strconv"

	"github.com/gregorhq/gregor/internal/client/link"
	"github.com/gregorhq/gregor/internal/telemetry"
)

// linkLabels name a connection to another node.
var linkLabels = []string{"node", "listener", "class"}

// The metrics that this file shows.
var (
	linkUpMetric = telemetry.Declare(telemetry.Metric{Name: "gregor_link_up", Type: telemetry.GaugeType, Labels: linkLabels,
		Help: "1 for a connection to another node that is ready for requests, 0 for one that is not."})
	linkRequestsMetric = telemetry.Declare(telemetry.Metric{Name: "gregor_link_requests_total", Type: telemetry.CounterType, Labels: linkLabels,
		Help: "Requests that were sent to another node."})
	linkFailuresMetric = telemetry.Declare(telemetry.Metric{Name: "gregor_link_failed_requests_total", Type: telemetry.CounterType, Labels: append(linkLabels[:3:3], "reason"),
		Help: "Requests to another node that ended without an answer."})
	linkBreaksMetric = telemetry.Declare(telemetry.Metric{Name: "gregor_link_breaks_total", Type: telemetry.CounterType, Labels: linkLabels,
		Help: "Failed attempts to connect to another node, and connections that ended."})
	linkBytesOutMetric = telemetry.Declare(telemetry.Metric{Name: "gregor_link_sent_bytes_total", Type: telemetry.CounterType, Labels: linkLabels,
		Help: "Bytes that were sent to another node."})
	linkBytesInMetric = telemetry.Declare(telemetry.Metric{Name: "gregor_link_received_bytes_total", Type: telemetry.CounterType, Labels: linkLabels,
		Help: "Bytes that came from another node."})
	forwardingQueueMetric = telemetry.Declare(telemetry.Metric{Name: "kafka_server_forwardingmanager_queuelength", Type: telemetry.GaugeType, MBean: "kafka.server:type=ForwardingManager",
		Help: "Requests that wait for the active controller, except the ones that this node's controller has got."})
)

// registerLinkMetrics registers the metrics of the connections to other nodes. A counter starts
// again when its link is forgotten.
func (n *Node) registerLinkMetrics() {
	n.Telemetry.OnScrape(func(emit telemetry.Emit) {
		emit(forwardingQueueMetric, float64(n.forwarding.Waiting()))
		if n.peers == nil {
			return
		}
		for _, s := range n.peers.Links() {
			labels := []string{strconv.Itoa(int(s.Peer.ID)), s.Peer.Listener, s.Peer.Class.String()}
			up := 0.0
			if s.State == link.Ready {
				up = 1
			}
			emit(linkUpMetric, up, labels...)
			emit(linkRequestsMetric, float64(s.Requests), labels...)
			emit(linkBreaksMetric, float64(s.Downs), labels...)
			emit(linkBytesOutMetric, float64(s.BytesOut), labels...)
			emit(linkBytesInMetric, float64(s.BytesIn), labels...)
			for kind, failed := range s.Failed {
				if failed > 0 {
					emit(linkFailuresMetric, float64(failed), append(labels, link.Kind(kind).String())...)
				}
			}
		}
	})
}
