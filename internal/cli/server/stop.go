package server

import (
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// selection selects some of the running servers.
type selection struct {
	node    int32
	hasNode bool
	role    string
	pid     int
	all     bool
}

// parseSelection reads the options of kafka-server-stop (KIP-979), with = or as a separate word,
// and gregor's own two.
func parseSelection(args []string) (s selection, err error) {
	for i := 0; i < len(args); i++ {
		if args[i] == "--all" {
			s.all = true
			continue
		}
		name, value, ok := strings.Cut(args[i], "=")
		if name != "--node-id" && name != "--process-role" && name != "--pid" {
			return s, fmt.Errorf("unknown option %s", args[i])
		}
		if !ok {
			if i++; i == len(args) {
				return s, fmt.Errorf("%s needs a value", name)
			}
			value = args[i]
		}
		if name == "--process-role" {
			if value != "broker" && value != "controller" {
				return s, fmt.Errorf("--process-role %s: it is broker or controller", value)
			}
			s.role = value
			continue
		}
		n, err := strconv.ParseInt(value, 10, 32)
		if err != nil {
			return s, fmt.Errorf("%s %s is not a number", name, value)
		}
		if name == "--pid" {
			s.pid = int(n)
			continue
		}
		s.node, s.hasNode = int32(n), true
	}
	return s, nil
}

func (s selection) takes(r *running) bool {
	return (!s.hasNode || r.NodeID == s.node) && (s.pid == 0 || r.PID == s.pid) && (s.role == "" || slices.Contains(r.Roles, s.role))
}

const stopUsage = `%s [--process-role broker|controller] [--node-id ID] [--pid PID]

Stops the brokers that 'gregor server' runs on this machine for this user, with the same TMPDIR, and that are selected, and
waits until they have stopped. Without a selection 'gregor server stop' stops the only one there is, or with --all all of them; kafka-server-stop
always takes all, as Kafka's script does. SIGNAL in the environment names another signal than TERM.
`

// stopPatience bounds the wait of Stop. A broker gives pending requests 30 seconds.
const stopPatience = 60 * time.Second

// KafkaStop is the name of Kafka's script, which stops all brokers of the machine.
const KafkaStop = "kafka-server-stop"

// Stop is `gregor server stop` and kafka-server-stop. It returns when the processes have ended. As
// in Kafka's script, the exit code is 1 when no server runs.
func Stop(name string, args []string, stdout, stderr io.Writer) int {
	if slices.ContainsFunc(args, func(a string) bool { return a == "--help" || a == "-h" }) {
		fmt.Fprintf(stdout, stopUsage, name)
		return 0
	}
	which, err := parseSelection(args)
	if err != nil {
		fmt.Fprintf(stderr, "%s: %v\n\n"+stopUsage, name, err, name)
		return exitUsage
	}
	which.all = which.all || name == KafkaStop
	sig, err := signalNamed(os.Getenv("SIGNAL"))
	if err != nil {
		fmt.Fprintln(stderr, "gregor:", err)
		return exitUsage
	}
	if err := stopAll(runDir(), which, sig, stdout); err != nil {
		fmt.Fprintln(stderr, err)
		return exitFailed
	}
	return 0
}

var errNothing = errors.New("No kafka server to stop") // Kafka's own text

func stopAll(dir string, which selection, sig os.Signal, stdout io.Writer) error {
	all, err := listRunning(dir)
	if err != nil {
		return err
	}
	found := slices.DeleteFunc(slices.Clone(all), func(r *running) bool { return !which.takes(r) })
	if len(found) == 0 && len(all) > 0 {
		return fmt.Errorf("%w; these brokers run:%s", errNothing, listed(all))
	}
	if all = found; len(all) == 0 {
		return errNothing
	}
	if len(all) > 1 && !which.all {
		return errors.New("several brokers run on this machine; give --node-id, --pid or --all:" + listed(all))
	}
	for _, r := range all {
		p, err := os.FindProcess(r.PID)
		if err == nil {
			err = p.Signal(sig)
		}
		if err != nil && !errors.Is(err, os.ErrProcessDone) {
			return fmt.Errorf("node %d, process %d cannot be stopped: %w", r.NodeID, r.PID, err)
		}
	}
	patience, look := time.NewTimer(stopPatience), time.NewTicker(20*time.Millisecond)
	defer patience.Stop()
	defer look.Stop()
	for _, r := range all {
		for r.alive() {
			select {
			case <-look.C:
			case <-patience.C:
				return fmt.Errorf("node %d, process %d is still stopping", r.NodeID, r.PID)
			}
		}
		fmt.Fprintf(stdout, "stopped node %d, process %d\n", r.NodeID, r.PID)
	}
	return nil
}

func listed(all []*running) (text string) {
	for _, r := range all {
		text += "\n  " + r.String()
	}
	return text
}

// signalNamed returns the signal that Kafka's script takes from SIGNAL. The default is TERM.
func signalNamed(name string) (os.Signal, error) {
	switch strings.TrimPrefix(strings.ToUpper(name), "SIG") {
	case "", "TERM", "15":
		return syscall.SIGTERM, nil
	case "INT", "2":
		return syscall.SIGINT, nil
	case "KILL", "9":
		return syscall.SIGKILL, nil
	}
	return nil, fmt.Errorf("SIGNAL=%s: it must be TERM, INT or KILL", name)
}

// notRunning is LSB's exit code of a status command for a program that does not run.
const notRunning = 3

const statusUsage = `gregor server status [--process-role broker|controller] [--node-id ID] [--pid PID]

Shows the brokers that 'gregor server' runs on this machine for this user, with the same TMPDIR. Exit code 3 when there is
none.
`

// Status is `gregor server status`.
func Status(args []string, stdout, stderr io.Writer) int {
	if slices.ContainsFunc(args, func(a string) bool { return a == "--help" || a == "-h" }) {
		fmt.Fprint(stdout, statusUsage)
		return 0
	}
	which, err := parseSelection(args)
	if err != nil {
		fmt.Fprintln(stderr, "gregor server status:", err)
		return exitUsage
	}
	all, err := listRunning(runDir())
	if err != nil {
		fmt.Fprintln(stderr, "gregor:", err)
		return exitFailed
	}
	n := 0
	for _, r := range all {
		if which.takes(r) {
			n++
			fmt.Fprintln(stdout, r)
		}
	}
	if n == 0 {
		fmt.Fprintln(stdout, "no broker is running")
		return notRunning
	}
	return 0
}
