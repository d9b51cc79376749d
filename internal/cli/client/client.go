// Package client connects the tools to a cluster: --bootstrap-server, properties files, checks of
// properties, retries, and the options of former releases.
package client

import (
	"cmp"
	"crypto/rand"
	"encoding/binary"
	"fmt"
	"net"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/gregorhq/gregor/internal/cli/tool"
	"github.com/gregorhq/gregor/internal/properties"
)

// Props are client properties. The last value of a key counts.
type Props map[string]string

// ReadProps reads a file of client properties.
func ReadProps(file string) (Props, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	pairs, err := properties.Parse(text)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	p := Props{}
	for _, kv := range pairs {
		p[kv.Key] = kv.Value
	}
	return p, nil
}

// ParsePairs reads key=value arguments. A key without value is empty.
func ParsePairs(args []string) Props {
	p := Props{}
	for _, a := range args {
		k, v, _ := strings.Cut(a, "=")
		p[k] = v
	}
	return p
}

// Merge adds over to p; its values take precedence.
func (p Props) Merge(over Props) Props {
	for k, v := range over {
		p[k] = v
	}
	return p
}

// Millis returns a time in milliseconds, or the default.
func (p Props) Millis(key string, otherwise time.Duration) time.Duration {
	n, err := strconv.ParseInt(strings.TrimSpace(p[key]), 10, 64)
	if err != nil {
		return otherwise
	}
	return time.Duration(n) * time.Millisecond
}

// Options say how to connect.
type Options struct {
	// Bootstrap is the argument of --bootstrap-server; empty means bootstrap.servers of Props.
	Bootstrap string
	Props     Props
	// ClientID is used where Props have no client.id.
	ClientID string
	Extra    []kgo.Opt
	// Controllers means that Bootstrap names controllers (--bootstrap-controller).
	Controllers bool
	// kind is the kind of client whose properties Props are; empty for an admin client.
	kind string
}

// BootstrapEnv is the environment variable that names the cluster for gregor's own form and for
// --zookeeper.
const (
	BootstrapEnv     = "GREGOR_BOOTSTRAP"
	defaultBootstrap = "localhost:9092"
)

// DefaultBootstrap is the cluster when the command line names none.
func DefaultBootstrap(e *tool.Env) string {
	if v := e.Getenv(BootstrapEnv); v != "" {
		return v
	}
	return defaultBootstrap
}

// NoAdmin words an error of New as Kafka's admin tools do.
func NoAdmin(e *tool.Env, err error) error {
	if e.Native() {
		return err
	}
	return fmt.Errorf("Failed to create new KafkaAdminClient: %w", err)
}

// New makes the client of an admin tool. It does not connect yet.
func New(e *tool.Env, o Options) (*Client, error) {
	if o.Props == nil {
		o.Props = Props{}
	}
	if _, set := o.Props["default.api.timeout.ms"]; e.Native() && !set {
		o.Props["default.api.timeout.ms"] = strconv.FormatInt(nativeTime.Milliseconds(), 10)
	}
	cl, err := dial(e, o)
	if err != nil {
		return nil, err
	}
	c := &Client{Client: cl, controllers: o.Controllers, apiTimeout: o.Props.Millis("default.api.timeout.ms", time.Minute)}
	switch {
	case o.Controllers: // no check
	case o.kind == producer:
		c.brokers = &brokerCheck{patience: max(o.Props.Millis("max.block.ms", time.Minute), 1)}
	default:
		c.brokers = &brokerCheck{patience: max(c.apiTimeout, 1)}
	}
	return c, nil
}

// dial makes a client of the library.
func dial(e *tool.Env, o Options) (*kgo.Client, error) {
	list := o.Bootstrap
	if list == "" {
		list = o.Props["bootstrap.servers"]
	}
	seeds, err := Addresses(list)
	if err != nil {
		return nil, err
	}
	if o.kind == "" {
		if err := o.Props.check(admin); err != nil {
			return nil, err
		}
	}
	if err := plaintextOnly(o.Props); err != nil {
		return nil, err
	}
	o.Props.warnUnknown(e)
	o.Props.warnUnused(e, cmp.Or(o.kind, admin))
	warnZooKeeper(e, seeds)
	if seeds, err = resolvable(e, seeds, o.Props.Millis("bootstrap.resolve.timeout.ms", 0)); err != nil {
		return nil, err
	}
	id := o.Props["client.id"]
	if id == "" {
		id = o.ClientID
	}
	opts := []kgo.Opt{
		kgo.SeedBrokers(seeds...),
		kgo.ClientID(id),
		kgo.WithLogger(newConnectLog(e, cmp.Or(o.kind, admin), id, "")),
		kgo.RequestTimeoutOverhead(o.Props.Millis("request.timeout.ms", 30*time.Second)),
		kgo.RetryTimeout(o.Props.Millis("default.api.timeout.ms", time.Minute)),
		kgo.ConnIdleTimeout(o.Props.Millis("connections.max.idle.ms", 5*time.Minute)),
		kgo.MetadataMinAge(100 * time.Millisecond),
		kgo.Dialer(o.Props.dial),
	}
	opts = append(opts, o.Props.pauses()...)
	return kgo.NewClient(append(opts, o.Extra...)...)
}

// nativeTime is how long gregor's own form waits for a cluster: people see sooner that none
// answers.
const nativeTime = 5 * time.Second

// Addresses splits a bootstrap list.
func Addresses(list string) ([]string, error) {
	var seeds []string
	for _, a := range strings.Split(list, ",") {
		if a = strings.TrimSpace(a); a == "" {
			continue
		}
		if i := strings.Index(a, "://"); i >= 0 {
			a = a[i+3:]
		}
		host, port, err := net.SplitHostPort(a)
		if n, perr := strconv.ParseUint(port, 10, 16); err != nil || perr != nil || n == 0 || host == "" {
			return nil, &badAddress{a}
		}
		seeds = append(seeds, a)
	}
	if len(seeds) == 0 {
		return nil, &unresolved{}
	}
	return seeds, nil
}

// plaintextOnly refuses security protocols that this client does not support yet.
func plaintextOnly(p Props) error {
	if v := strings.ToUpper(strings.TrimSpace(p["security.protocol"])); v != "" && v != "PLAINTEXT" {
		return fmt.Errorf("security.protocol=%s: the tools speak PLAINTEXT only for now", v)
	}
	return nil
}

func warnZooKeeper(e *tool.Env, seeds []string) {
	for _, s := range seeds {
		if strings.HasSuffix(s, ":2181") {
			e.Warn("WARNING: %s has ZooKeeper's port; a Kafka broker usually listens on 9092.", s)
			return
		}
	}
}

// RandomGroup is the consumer group of a tool when none is named: the prefix, and a number below
// 100,000.
func RandomGroup(prefix string) string {
	var b [4]byte
	_, _ = rand.Read(b[:]) // never fails (crypto/rand)
	return fmt.Sprintf("%s-%d", prefix, binary.BigEndian.Uint32(b[:])%100_000)
}
