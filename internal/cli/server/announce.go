package server

import (
	"fmt"
	"log/slog"
	"net"
	"path/filepath"
	"strings"
	"time"

	"github.com/gregorhq/gregor/internal/broker"
	"github.com/gregorhq/gregor/internal/config"
)

// announce tells what the node is and where clients find it, and the lines that Kafka's users and Testcontainers wait for.
func announce(node *broker.Node, cfg *config.Broker, log *slog.Logger, took time.Duration) {
	log.Info("gregor "+Version(), "node", node.NodeID(), "cluster", node.ClusterID(), "data", strings.Join(dataDirs(cfg), ","), "started_in", took.Round(time.Millisecond))
	for _, l := range cfg.Listeners() {
		if l.Controller {
			continue
		}
		if at := node.Addr(l.Name); at != "" {
			log.Info("listening", "listener", l.Name, "bound", node.BoundAddr(l.Name), "clients_are_told", at)
			warnLoopback(l, at, log)
		}
	}
	if at := node.AdminAddr(); at != "" {
		log.Info("metrics and health", "url", "http://"+at+"/metrics")
	}
	log.Info(fmt.Sprintf("[BrokerLifecycleManager id=%d] Transitioning from RECOVERY to RUNNING", node.NodeID()))
	log.Info(fmt.Sprintf("[KafkaRaftServer nodeId=%d] Kafka Server started", node.NodeID()))
}

// warnLoopback tells of the most common mistake: a listener for everybody whose clients are sent to their own machine.
func warnLoopback(l config.Listener, told string, log *slog.Logger) {
	host, _, _ := net.SplitHostPort(told)
	if ip := net.ParseIP(host); l.Host == "" && (host == "localhost" || ip != nil && ip.IsLoopback()) {
		log.Info("clients on other machines need another address: set advertised.listeners", "now", told)
	}
}

// dataDirs are the log directories as absolute paths: a relative one says little once the terminal is closed.
func dataDirs(cfg *config.Broker) []string {
	var out []string
	for _, d := range cfg.LogDirs() {
		if abs, err := filepath.Abs(d); err == nil {
			d = abs
		}
		out = append(out, d)
	}
	return out
}
