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

// announce logs the node's identity and addresses, and the lines that Kafka's users and
// Testcontainers wait for.
func announce(node *broker.Node, cfg *config.Broker, log *slog.Logger, took time.Duration) {
	log.Info("gregor "+Version(), "node", node.NodeID(), "cluster", node.ClusterID(), "data", strings.Join(dataDirs(cfg), ","), "startup", took.Round(time.Millisecond))
	for _, l := range cfg.Listeners() {
		if l.Controller {
			log.Info("listening for controllers", "listener", l.Name, "bound", node.BoundAddr(l.Name))
			continue
		}
		if at := node.Addr(l.Name); at != "" {
			log.Info("listening", "listener", l.Name, "bound", node.BoundAddr(l.Name), "advertised", at)
			warnLoopback(l, at, log)
		}
	}
	if at := node.AdminAddr(); at != "" {
		log.Info("metrics and health", "url", "http://"+at+"/metrics")
	}
	log.Info(fmt.Sprintf("[BrokerLifecycleManager id=%d] Transitioning from RECOVERY to RUNNING", node.NodeID()))
	log.Info(fmt.Sprintf("[KafkaRaftServer nodeId=%d] Kafka Server started", node.NodeID()))
}

// warnLoopback logs the most common mistake: a listener on all interfaces that advertises a
// loopback address.
func warnLoopback(l config.Listener, advertised string, log *slog.Logger) {
	host, _, _ := net.SplitHostPort(advertised)
	if ip := net.ParseIP(host); l.Host == "" && (host == "localhost" || ip != nil && ip.IsLoopback()) {
		log.Info("clients on other machines cannot use the advertised address: set advertised.listeners", "advertised", advertised)
	}
}

// dataDirs returns the log directories as absolute paths. A relative path has no meaning after the
// terminal is closed.
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
