// Package server is `gregor server`: the broker as a process. It reads the configuration, starts
// the broker, announces its addresses, and stops it at a signal. It also lists and stops running
// brokers (`gregor server status`, `gregor server stop`).
package server

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"runtime/debug"
	"strings"
	"time"

	"github.com/gregorhq/gregor/internal/broker"
	"github.com/gregorhq/gregor/internal/cli/opt"
	"github.com/gregorhq/gregor/internal/config"
	"github.com/gregorhq/gregor/internal/telemetry"
)

// Exit codes. Kafka's scripts exit with 1 for every error.
const (
	exitFailed = 1
	exitUsage  = 2
)

// Run runs the process and returns the exit code after the broker has stopped. program is argv[0].
func Run(program string, args []string, stdout, stderr io.Writer) int {
	if len(args) > 0 {
		switch args[0] {
		case "stop":
			return Stop("gregor server stop", args[1:], stdout, stderr)
		case "status":
			return Status(args[1:], stdout, stderr)
		}
	}
	ctx, release := stopSignals()
	defer release()
	p := process{program: program, stdout: stdout, stderr: stderr, env: os.Environ(), runDir: runDir()}
	return p.run(ctx, args)
}

// process is one run of `gregor server`.
type process struct {
	program        string
	stdout, stderr io.Writer
	env            []string
	// runDir is the folder for the record of this process. It is empty for no record.
	runDir string
	// logFile is the path of the log file, empty without one. held holds its lines back. It is nil
	// when no other server uses the file.
	logFile string
	held    *heldLog
	// reported says that the parent of a background process knows how the start ended.
	reported bool
}

func (p *process) getenv(name string) string {
	value := ""
	for _, kv := range p.env {
		if k, v, ok := strings.Cut(kv, "="); ok && k == name {
			value = v
		}
	}
	return value
}

// run returns when ctx has ended and the broker has stopped, or when it could not start or failed.
func (p *process) run(ctx context.Context, args []string) int {
	a, err := parse(args)
	if err == nil && a.file == "" && kafkaName(p.program) && !a.help && !a.version {
		err = errors.New("a configuration file is needed")
	}
	switch {
	case err != nil:
		if kafkaName(p.program) {
			fmt.Fprintf(p.stderr, "gregor: %v\n\n%s", err, usage)
			return exitFailed
		}
		return p.misused(err)
	case a.help:
		fmt.Fprint(p.stdout, usage)
		return 0
	case a.version:
		fmt.Fprintln(p.stdout, "gregor", Version())
		return 0
	}
	if err := mistyped(a.file); err != nil && !kafkaName(p.program) {
		return p.misused(err)
	}
	if a.daemon {
		return p.daemonize(a)
	}
	return p.foreground(ctx, a)
}

// misused reports a wrong command line of gregor's own form.
func (p *process) misused(err error) int {
	fmt.Fprintf(p.stderr, "gregor: %v\nRun 'gregor server --help' for the options.\n", err)
	return exitUsage
}

// mistyped is the error of a verb in the place of the file: a single word that names no file.
func mistyped(file string) error {
	if _, err := os.Stat(file); file == "" || err == nil || strings.ContainsAny(file, "./\\") {
		return nil
	}
	if file == "start" || file == "run" {
		return fmt.Errorf("unknown verb %s of server; 'gregor server FILE' starts a broker", file)
	}
	if near := opt.Nearest(file, []string{"stop", "status"}); near != "" {
		return fmt.Errorf("unknown verb %s of server, and there is no file of this name; did you mean %s?", file, near)
	}
	return nil
}

func (p *process) foreground(ctx context.Context, a arguments) int {
	logs, file, err := p.openLogs()
	if err != nil {
		return p.failed(nil, err)
	}
	log := logs.Component("server")
	if file != nil {
		defer file.Close()
	} else {
		log = nil // the terminal shows standard error, too
	}
	defer serveSignals(logs, file)()
	cfg, err := p.configure(a, logs.Component("config"))
	if err != nil {
		return p.failed(log, err)
	}
	if err := p.serve(ctx, cfg, logs); err != nil {
		return p.failed(log, err)
	}
	return 0
}

// failed reports in one line why the process ends: to its caller, and in the log unless that is the
// log of another server.
func (p *process) failed(log *slog.Logger, err error) int {
	others := p.held.drop()
	if !p.report(err.Error()) {
		fmt.Fprintln(p.stderr, "gregor:", err)
	}
	if log != nil && !others {
		log.Error("the broker does not run", "error", err)
	}
	return exitFailed
}

// stopTime bounds the time for pending requests after a stop begins.
const stopTime = 30 * time.Second

func (p *process) serve(ctx context.Context, cfg *config.Broker, logs *telemetry.Logs) error {
	log := logs.Component("server")
	began := time.Now()
	node, err := broker.Start(ctx, broker.Options{Config: cfg, ClusterID: config.ClusterID(p.env), Logs: logs})
	if err != nil {
		if ctx.Err() != nil {
			log.Info("stopped while starting")
			return nil
		}
		return err
	}
	p.held.release()
	announce(node, cfg, log, time.Since(began))
	record, err := p.register(node, cfg)
	if err != nil {
		log.Warn("the record of this process cannot be written, so 'gregor server status' and 'stop' do not find it; it is tried again", "error", err)
	}
	defer record.keep(p.runDir)()
	notifySystemd("READY=1")
	p.report(ready)
	select {
	case <-ctx.Done():
		log.Info("stopping")
	case <-node.Done():
	}
	notifySystemd("STOPPING=1")
	stop, done := context.WithTimeout(context.Background(), stopTime)
	defer done()
	if err := node.Stop(stop); err != nil {
		return err
	}
	log.Info(fmt.Sprintf("[BrokerServer id=%d] shut down completed", node.NodeID()))
	return nil
}

// Version returns the version of the binary, from the build.
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
