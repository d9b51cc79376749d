// Package archtest checks the rules of the architecture by tests: the imports that are allowed, the
// places where goroutines start and wait, the calls that a core must not make, and the size of
// files. The tables below are the rules. The comment of a table, or the line, states the reason.
package archtest

const module = "github.com/gregorhq/gregor"

// layers are the packages of the product, from the lowest layer (docs/architecture.md). A package
// imports only packages of lower layers, so packages of one layer do not depend on each other. ""
// is the package at the root.
var layers = [][]string{
	// Packages that import no other package of the module.
	{"vfs", "internal/host", "internal/java", "internal/list", "internal/properties", "internal/telemetry", "internal/purgatory", "internal/uuid"},
	// The primitives of messages.
	{"internal/protocol/wire"},
	// The vocabulary of the module.
	{"record", "internal/config", "internal/protocol", "internal/topicname"},
	// The interface between coordinator cores and their engine, and the records of Kafka's own logs
	// in the codec of messages.
	{"internal/shard", "internal/protocol/clientrecord", "internal/protocol/controlrecord", "internal/protocol/grouprecord",
		"internal/protocol/logrecord", "internal/protocol/metadatarecord", "internal/protocol/raftrecord",
		"internal/protocol/remotelogrecord", "internal/protocol/sharerecord", "internal/protocol/txnrecord"},
	{"internal/metadata"},
	// The internal parts of storage.
	{"storage/internal/checkpoint", "storage/internal/filepool", "storage/internal/producer", "storage/internal/segfile"},
	{"storage/internal/compact"},
	// Cores beside the disk. They do not import each other.
	{"internal/client/link", "internal/controller", "internal/fetcher", "internal/kraft", "internal/replica", "internal/group", "internal/fetchsession", "storage"},
	// Engines, the front end that reads sockets, and the reader of files for tools.
	{"internal/client", "internal/network", "internal/logmanager", "internal/coordinator", "internal/dumplog"},
	// Engines above other engines.
	{"internal/forwarding", "internal/quorum", "internal/replication"},
	// The messages of the quorum on the wire.
	{"internal/kraftwire"},
	// Assembly.
	{"internal/handlers"},
	{"internal/broker"},
	{""},
	{"gregortest"},
	// The command line: the parts of tools, the tools, the program.
	{"internal/cli/opt", "internal/cli/msgjson"},
	{"internal/cli/tool"},
	{"internal/cli/client"},
	{"internal/cli/cluster", "internal/cli/configs", "internal/cli/consumer", "internal/cli/dumptool", "internal/cli/groups", "internal/cli/offsets",
		"internal/cli/perf", "internal/cli/producer", "internal/cli/server", "internal/cli/storagetool", "internal/cli/topics"},
	{"internal/cli"},
	{"cmd/gregor"},
}

// bound restricts which packages of lower layers a package may import.
type bound struct {
	who    []string // packages, and all packages below them
	except []string // but not these packages
	may    []string // packages, and all packages below them
	why    string
}

var bounds = []bound{
	{who: []string{"vfs", "record", "internal/java", "internal/list", "internal/properties", "internal/telemetry", "internal/uuid"}, why: "it is usable alone"},
	{who: []string{"internal/config"}, may: []string{"internal/java", "internal/properties"}, why: "it is usable alone"},
	{who: []string{"storage"}, may: []string{"record", "vfs", "internal/list", "internal/properties", "internal/uuid", "storage/internal"},
		why: "it is public and usable alone: no protocol, no configuration; meta.properties has Java's format"},
	{who: cores, may: []string{"internal/config", "internal/java", "internal/list", "internal/metadata", "internal/protocol", "internal/shard", "internal/topicname"},
		why: "a core knows vocabulary only; disk, metrics and other cores belong to the engine that carries it"},
	{who: []string{"internal/cli"}, except: []string{"internal/cli", "internal/cli/dumptool", "internal/cli/server", "internal/cli/storagetool"},
		may: []string{"internal/cli", "internal/protocol", "internal/config", "internal/java", "internal/properties", "internal/topicname"},
		why: "a tool works on any Kafka cluster, so it knows the wire only; the broker's process and the offline tools are the exceptions"},
}

// outside lists folders that are not part of the product. The product does not import them.
var outside = []string{"test", "bench", "examples", "internal/archtest", "internal/testkit", "internal/docgen", "internal/sim", "internal/sim/agenda", "internal/sim/trace", "internal/kraft/kraftsim", "internal/replication/replsim",
	"internal/config/gen", "internal/protocol/gen", "internal/protocol/protocoltest"}

// cores decide and have no side effects: no goroutine, lock, channel, clock, randomness, file,
// socket or log line. So the same state and input give the same output, and a simulator can drive
// them.
var cores = []string{"internal/client/link", "internal/controller", "internal/fetcher", "internal/kraft", "internal/replica", "internal/group", "internal/fetchsession", "internal/purgatory", "internal/metadata"}

// engines get clock, randomness and executor from their host (internal/host). None of their files
// uses another one. internal/network is no engine: the simulator has its own front end.
// internal/dumplog only reads files.
var engines = []string{"internal/broker", "internal/client", "internal/coordinator", "internal/forwarding", "internal/handlers", "internal/kraftwire", "internal/logmanager", "internal/quorum", "internal/replication", "storage",
	"storage/internal/checkpoint", "storage/internal/compact", "storage/internal/filepool", "storage/internal/producer", "storage/internal/segfile"}

// drivers are the only files of the product that start goroutines and set timers, besides the
// command line.
var drivers = []string{"internal/broker/run.go", "internal/client/run.go", "internal/host/run.go", "internal/network/run.go"}

// unhosted are the files and functions of engines that wait, or use the runtime directly, with the
// reason.
var unhosted = map[string]string{
	"internal/broker/run.go":                             "a driver. A simulator calls Begin, BeginStop and BeginKill",
	"internal/broker/controller_channel.go closeChannel": "waits for goroutines of closed sockets, which wait for nothing. A simulator has none",
	"internal/client/run.go":                             "a driver, the transport over sockets. A simulator has another client.Transport",
	"storage/rand.go":                                    "the default of Options.Rand, for owners of a log without a host",
	"internal/logmanager/compaction.go advance":          "waits for one step of another cleaner thread, and a step does not wait",
	"internal/coordinator/runtime.go Close":              "host.Group.Wait runs the functions that have not begun itself, so it ends on one goroutine",
	"internal/quorum/run.go Close":                       "host.Group.Wait, as above",
	"internal/replication/run.go Stop":                   "host.Group.Wait, as above",
}

// waiters have a sync.WaitGroup besides the goroutines of their run.go.
var waiters = []string{"internal/network", "internal/broker", "internal/client"}

// ownNames are the packages that no file may import under another name, because the rules
// find their functions by name.
var ownNames = []string{"context", "maps", "math/rand", "math/rand/v2", "net", "slices", "sync", "time",
	module + "/internal/host"}

// coreImports are the standard packages that cores may import. None of them has effects outside of
// the process. Another test forbids the calls of package time that read the clock.
var coreImports = []string{"bytes", "cmp", "encoding/binary", "errors", "fmt", "iter", "maps", "math", "regexp", "slices", "strconv", "strings", "time"}

// owners maps a third-party module to the only packages that import it, so that a replacement
// changes one package. No other module may be used. The command line and the tests also use
// franz-go.
var owners = map[string][]string{
	"github.com/klauspost/compress":       {"record"},
	"github.com/pierrec/lz4":              {"record"},
	"github.com/prometheus/client_golang": {"internal/telemetry"},
	"golang.org/x/sys":                    {"vfs"},
	"github.com/twmb/franz-go":            {"internal/cli"},
}

// Limits of hand-written code, in lines.
const (
	maxFileLines = 400
	maxFuncLines = 70
)

// long are the exceptions, with the lines that each may have. All of them are tests. The list may
// only get shorter.
var long = map[string]int{
	"storage/maintain_test.go TestRetention":               83,
	"storage/cleaner_race_test.go TestCleanWhileAppending": 79,
	"storage/oplog_test.go TestOperationLogs":              79,
	"internal/broker/loggers_test.go TestBrokerLoggers":    72,
}
