package server

import (
	"errors"
	"fmt"
	"path/filepath"
	"strings"
)

const usage = `gregor                                   one node on localhost:9092, data in ./data
gregor server [-daemon] [--format] FILE [--override key=value ...]
                                         a broker with Apache Kafka's server.properties
gregor server status                     which brokers run on this machine
gregor server stop [--node-id ID | --pid PID | --all]
                                         stops one cleanly, or all, and waits until they have stopped
kafka-server-start [-daemon] FILE [--override key=value ...]
kafka-server-stop [--process-role ROLE] [--node-id ID]
                                         the same by Kafka's names

  -daemon                in the background; the log is server.log in $LOG_DIR, by default logs/
  --format               formats log directories that exist and are empty (storage.format.on.start=true); the start
                         refuses them otherwise, because their disks may not be mounted
  --override key=value   over the file and the environment; any number of times
  --version, --help

Environment:
  KAFKA_LOG_DIRS, KAFKA_LISTENERS, ...   keys as Apache Kafka's official image takes them: log.dirs, listeners, ...;
                                         they win over the file
  CLUSTER_ID             the cluster's id when the log directories are formatted, at the first start
  GREGOR_LOG_LEVEL       TRACE, DEBUG, INFO (default), WARN or ERROR
  GREGOR_LOG_FORMAT      kafka (default: the layout of Kafka's server.log), text (logfmt) or json
  GREGOR_LOG_FILE        the log goes to this file instead of standard output;
                         its folder is made if there is none
  GREGOR_LOG_MAX_SIZE, GREGOR_LOG_MAX_AGE, GREGOR_LOG_MAX_FILES
                         the log file is rotated at this size (default 100MB) and age (24h), and so many rotated
                         files (server.log.2026-11-28-09.gregor) are kept (10); 0 is no bound
  LOG_DIR                the folder of server.log and kafkaServer.out with -daemon
  GOMEMLIMIT, GOGC, GOMAXPROCS           Go's own bounds on memory and cores

SIGTERM and SIGINT stop the broker cleanly. A second SIGINT, a second or more later, ends it at once: nothing that was
acknowledged is lost, but the next start must recover. SIGHUP opens the log file again. SIGQUIT writes all goroutines to
the log. The exit code is 0 after a clean stop, 1 when the broker cannot start or go on (one line on standard error says
why), and 2 for a wrong command line.
`

// arguments of the command line.
type arguments struct {
	file                  string
	overrides             []string
	daemon, help, version bool
}

func parse(args []string) (a arguments, err error) {
	for i := 0; i < len(args); i++ {
		arg := args[i]
		switch {
		case arg == "-h" || arg == "--help" || arg == "-help":
			a.help = true
		case arg == "--version":
			a.version = true
		case arg == "--format":
			a.overrides = append(a.overrides, "storage.format.on.start=true")
		case arg == "-daemon" || arg == "--daemon":
			a.daemon = true
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

// again returns the command line of the same server in the foreground.
func (a arguments) again() []string {
	args := []string{"server"}
	if a.file != "" {
		args = append(args, a.file)
	}
	for _, o := range a.overrides {
		args = append(args, "--override", o)
	}
	return args
}

// kafkaName reports whether the program was called as Kafka's script. Kafka's script needs a file.
func kafkaName(program string) bool {
	return strings.HasPrefix(filepath.Base(program), "kafka-server-start")
}
