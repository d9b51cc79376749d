// Package archtest holds the rules of the architecture as tests: who may import whom, where goroutines start, what a
// core must not call, how large a file may be. The tables below are the rules; each line says why.
package archtest

// layer is the height of each package of this module (docs/architecture.md). A package imports only packages of lower
// layers, or of its own layer where siblings lists it.
var layer = map[string]int{
	"vfs": 0, "internal/telemetry": 0, "internal/assert": 0, "internal/fault": 0,

	"record": 1, "internal/config": 1, "internal/protocol": 1, "internal/protocol/wire": 0,
	"internal/protocol/metadatarecord": 1, "internal/protocol/grouprecord": 1, "internal/protocol/txnrecord": 1,
	"internal/protocol/sharerecord": 1, "internal/protocol/remotelogrecord": 1, "internal/protocol/raftrecord": 1,
	"internal/protocol/logrecord": 1, "internal/protocol/clientrecord": 1, "internal/protocol/controlrecord": 1,
	"internal/metadata": 2, "internal/shard": 2,

	"internal/controller": 3, "internal/replica": 3, "internal/group": 3, "internal/fetchsession": 3, "internal/purgatory": 3,
	"storage": 3, "internal/dumplog": 4,

	"internal/network": 4, "internal/logmanager": 4, "internal/quorum": 5, "internal/coordinator": 4, "internal/replication": 5,

	"internal/handlers": 6, "internal/broker": 7,
	"": 8, "internal/cli": 9, "cmd/gregor": 10,
}

// cores decide and touch nothing: no goroutine, lock, channel, clock, randomness, file, socket or log line, so that the
// same state and input give the same output and a simulator can drive them.
var cores = []string{"internal/controller", "internal/replica", "internal/group", "internal/fetchsession", "internal/purgatory"}

// owners says which package alone imports a third-party module, so that replacing it is one package's work. Clients'
// vocabulary (franz-go) is used by the command line and by tests.
var owners = map[string][]string{
	"github.com/klauspost/compress":       {"record"},
	"github.com/pierrec/lz4":              {"record"},
	"github.com/prometheus/client_golang": {"internal/telemetry"},
	"go.etcd.io/raft":                     {"internal/quorum"},
	"golang.org/x/sys":                    {"vfs"},
	"github.com/twmb/franz-go":            {"internal/cli"},
}
