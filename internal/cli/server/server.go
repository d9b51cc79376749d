// Package server is `gregor server`: the broker as a process.
package server

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net"
	"os"
	"os/signal"
	"runtime/debug"
	"strings"
	"syscall"
	"time"

	"github.com/gregorhq/gregor"
	"github.com/gregorhq/gregor/internal/broker"
	"github.com/gregorhq/gregor/internal/config"
	"github.com/gregorhq/gregor/internal/telemetry"
)

const usage = `Runs a broker.

  gregor                                          one node on localhost:9092, data in ./data
  gregor server FILE [--override key=value ...]   with Apache Kafka's server.properties

The environment of Apache Kafka's official image is read too (KAFKA_NODE_ID, KAFKA_LISTENERS, ..., CLUSTER_ID).
GREGOR_LOG_LEVEL (INFO) and GREGOR_LOG_FORMAT (text or json) say what is logged. SIGTERM stops the broker cleanly.
`

// arguments of the command line.
type arguments struct {
	file      string
	overrides []string
	help      bool
}

func parse(args []string) (a arguments, err error) {
	for i := 0; i < len(args); i++ {
		arg := args[i]
		switch {
		case arg == "-h" || arg == "--help":
			a.help = true
		case arg == "-daemon":
			return a, errors.New("-daemon is not offered: run it under systemd or with nohup")
		case strings.HasPrefix(arg, "--override="):
			a.overrides = append(a.overrides, strings.TrimPrefix(arg, "--override="))
		case arg == "--override":
			if i++; i == len(args) {
				return a, errors.New("--override needs key=value")
			}
			a.overrides = append(a.overrides, args[i])
		case strings.HasPrefix(arg, "-"):
			return a, fmt.Errorf("unknown option %s", arg)
		case a.file != "":
			return a, fmt.Errorf("one configuration file is enough: %s and %s", a.file, arg)
		default:
			a.file = arg
		}
	}
	return a, nil
}

// Run is the process: it returns the exit code once the broker has stopped.
func Run(args []string, stdout, stderr io.Writer) int {
	a, err := parse(args)
	if err != nil {
		fmt.Fprintf(stderr, "gregor: %v\n\n%s", err, usage)
		return 2
	}
	if a.help {
		fmt.Fprint(stdout, usage)
		return 0
	}
	logs, err := newLogs(stdout)
	if err != nil {
		fmt.Fprintln(stderr, "gregor:", err)
		return 2
	}
	log := logs.Component("server")
	cfg, err := configure(a, log)
	if err != nil {
		fmt.Fprintln(stderr, "gregor:", err)
		return 1
	}
	if err := serve(cfg, logs, log, stdout); err != nil {
		log.Error("stopped", "error", err)
		fmt.Fprintln(stderr, "gregor:", err)
		return 1
	}
	return 0
}

func newLogs(w io.Writer) (*telemetry.Logs, error) {
	o := telemetry.LogOptions{JSON: os.Getenv("GREGOR_LOG_FORMAT") == "json", Level: slog.LevelInfo}
	if s := os.Getenv("GREGOR_LOG_LEVEL"); s != "" {
		l, err := telemetry.ParseLevel(s)
		if err != nil {
			return nil, fmt.Errorf("GREGOR_LOG_LEVEL: %w", err)
		}
		o.Level = l
	}
	return telemetry.NewLogs(w, o), nil
}

// configure reads the file, the environment and the overrides. Without a file the node is one for development, and the
// defaults of a single node stand below whatever the environment says.
func configure(a arguments, log *slog.Logger) (*config.Broker, error) {
	in := config.Input{Env: os.Environ(), Overrides: a.overrides, ReadFile: os.ReadFile}
	if a.file == "" {
		props := gregor.SingleNodeDefaults()
		maps.Copy(props, map[string]string{
			"listeners":            "PLAINTEXT://:9092,CONTROLLER://localhost:9093",
			"advertised.listeners": "PLAINTEXT://localhost:9092",
			"log.dirs":             "data",
		})
		for k, v := range props {
			in.Properties = append(in.Properties, config.Property{Key: k, Value: v})
		}
	} else {
		text, err := os.ReadFile(a.file)
		if err != nil {
			return nil, err
		}
		if in.Properties, err = config.ParseProperties(text); err != nil {
			return nil, fmt.Errorf("%s: %w", a.file, err)
		}
	}
	cfg, warnings, err := config.Parse(in)
	for _, w := range warnings {
		log.Warn(w.String())
	}
	return cfg, err
}

// stopTime bounds how long requests under way may take once the broker is asked to stop.
const stopTime = 30 * time.Second

func serve(cfg *config.Broker, logs *telemetry.Logs, log *slog.Logger, stdout io.Writer) error {
	ctx, cancel := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	defer cancel()
	began := time.Now()
	node, err := broker.Start(ctx, broker.Options{Config: cfg, ClusterID: config.ClusterID(os.Environ()), Logger: logs.Component})
	if err != nil {
		return err
	}
	announce(node, cfg, log, time.Since(began))
	select {
	case <-ctx.Done():
		log.Info("stopping")
	case <-node.Done():
	}
	cancel()
	stop, done := context.WithTimeout(context.Background(), stopTime)
	defer done()
	if err := node.Stop(stop); err != nil {
		return err
	}
	log.Info("shut down completed")
	return nil
}

// announce tells what the node is and where clients find it, and the lines that Kafka's users and Testcontainers wait for.
func announce(node *broker.Node, cfg *config.Broker, log *slog.Logger, took time.Duration) {
	log.Info("gregor "+Version(), "cluster", node.ClusterID(), "node", node.NodeID(), "data", strings.Join(cfg.LogDirs(), ","), "started_in", took.Round(time.Millisecond))
	for _, l := range cfg.Listeners() {
		if l.Controller {
			continue
		}
		if at := node.Addr(l.Name); at != "" {
			log.Info("listening", "listener", l.Name, "bound", l.Address(), "clients_are_told", at)
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

// Version is the version of the binary, from the build.
func Version() string {
	if version != "" {
		return version
	}
	if b, ok := debug.ReadBuildInfo(); ok && b.Main.Version != "" {
		return b.Main.Version
	}
	return "(devel)"
}

// version is set by the linker in releases.
var version string
