// Package cluster holds the tools that describe the cluster itself: kafka-cluster,
// kafka-broker-api-versions and kafka-log-dirs.
package cluster

import (
	"errors"
	"fmt"
	"slices"

	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/gregorhq/gregor/internal/cli/client"
	"github.com/gregorhq/gregor/internal/cli/opt"
	"github.com/gregorhq/gregor/internal/cli/tool"
	"github.com/gregorhq/gregor/internal/protocol"
)

// command is the command line of kafka-cluster.
type command struct {
	env  *tool.Env
	args *opt.Args
	cl   *client.Client

	// conn are the options that name a cluster, by command. All commands have them.
	conn       map[string]*options
	id, fenced *opt.Arg
}

type options struct {
	server, controllers, config, oldConfig *opt.Arg
}

// connArgs adds the options that name a cluster.
func (c *command) connArgs(p *opt.ArgParser) {
	o := &options{}
	c.conn[p.Name] = o
	o.server = p.Add(opt.Arg{Names: []string{"--bootstrap-server", "-b"}, Metavar: "BOOTSTRAP_SERVER", Help: "The cluster, HOST:PORT[,HOST:PORT...]."})
	o.controllers = p.Add(opt.Arg{Names: []string{"--bootstrap-controller", "-C"}, Metavar: "BOOTSTRAP_CONTROLLER", Help: "The controllers, HOST:PORT[,HOST:PORT...]."})
	p.OneOf(!c.env.Native(), o.server, o.controllers)
	o.oldConfig = p.Add(opt.Arg{Names: []string{"--config"}, Metavar: "CONFIG", Help: "(DEPRECATED) The same as --command-config."})
	o.config = p.Add(opt.Arg{Names: []string{"--command-config", "-c"}, Metavar: "COMMAND_CONFIG", Help: "A file of client properties."})
}

func (c *command) unregisterArgs(p *opt.ArgParser) {
	c.connArgs(p)
	c.id = p.Add(opt.Arg{Names: []string{"--id", "-i"}, Metavar: "ID", Int: true, Required: true, Help: "The broker to unregister."})
}

func (c *command) endpointArgs(p *opt.ArgParser) {
	c.connArgs(p)
	c.fenced = p.Add(opt.Arg{Names: []string{"--include-fenced-brokers"}, Help: "Show fenced brokers too."})
}

// controllers reports whether the command line names controllers.
func (c *command) controllers() bool { return c.args.Has(c.conn[c.args.Command.Name].controllers) }

func run(e *tool.Env) int {
	c := &command{env: e, conn: map[string]*options{}}
	p := &opt.ArgParser{Prog: "kafka-cluster", About: "The Kafka cluster tool.", Commands: commands.Parsers(e, c)}
	var err error
	if c.args, err = e.ParseArgs(p); err != nil {
		if help := new(opt.HelpAsked); errors.As(err, &help) && !e.Native() {
			e.Fail(err)
			return 1 // as argparse4j ends here
		}
		return e.Refuse(err)
	}
	if c.cl, err = c.conn[c.args.Command.Name].connect(e, c.args); err != nil {
		return e.Refuse(err)
	}
	defer c.cl.Close()
	return e.Fail(commands.Do(c.args, c))
}

func (o *options) connect(e *tool.Env, args *opt.Args) (*client.Client, error) {
	conn := client.Options{Props: client.Props{}, ClientID: "adminclient-1"}
	file := args.String(o.config)
	if args.Has(o.oldConfig) {
		e.Warn("Option --config has been deprecated and will be removed in a future version. Use --command-config instead.")
		file = args.String(o.oldConfig)
	}
	if file != "" {
		var err error
		if conn.Props, err = client.ReadProps(file); err != nil {
			return nil, err
		}
	}
	switch {
	case args.Has(o.server):
		conn.Bootstrap = args.String(o.server)
	case args.Has(o.controllers):
		conn.Bootstrap, conn.Controllers = args.String(o.controllers), true
	default:
		conn.Bootstrap = client.DefaultBootstrap(e)
	}
	cl, err := client.New(e, conn)
	if err != nil {
		return nil, client.NoAdmin(e, err)
	}
	return cl, nil
}

func (c *command) clusterID() error {
	e, cl := c.env, c.cl
	if c.controllers() {
		resp, err := describeCluster(e, cl, controllerEndpoints, false)
		if err == nil {
			e.Print("Cluster ID: %s\n", resp.ClusterID)
		}
		return err
	}
	md, err := client.Metadata(e.Ctx(), cl, []string{})
	if err != nil {
		return client.Unreachable("listNodes", err)
	}
	if md.ClusterID == nil {
		e.Print("No cluster ID found. The Kafka version is probably too old.\n")
		return nil
	}
	e.Print("Cluster ID: %s\n", *md.ClusterID)
	return nil
}

func (c *command) unregister() error {
	e, cl := c.env, c.cl
	ok, err := client.Supports(e.Ctx(), cl, kmsg.UnregisterBroker.Int16())
	if err != nil {
		return client.Unreachable("unregisterBroker", err)
	}
	if !ok {
		return noUnregistration(e)
	}
	req := kmsg.NewPtrUnregisterBrokerRequest()
	req.BrokerID = int32(c.args.Int(c.id))
	resp, err := client.Ask(e.Ctx(), cl, req)
	if err != nil {
		return client.Unreachable("unregisterBroker", err)
	}
	if resp.ErrorCode == int16(protocol.ErrUnsupportedVersion) {
		return noUnregistration(e)
	}
	if err := client.Err(resp.ErrorCode, resp.ErrorMessage); err != nil {
		return err
	}
	e.Print("Broker %d is no longer registered.\n", req.BrokerID)
	return nil
}

// noUnregistration reports that the cluster cannot unregister brokers. Kafka's tool exits with 0.
func noUnregistration(e *tool.Env) error {
	e.Print("The target cluster does not support the broker unregistration API.\n")
	if e.Native() {
		return tool.Exit(1)
	}
	return nil
}

// Kinds of endpoint in DescribeCluster (KIP-919).
const (
	brokerEndpoints     = 1
	controllerEndpoints = 2
)

func describeCluster(e *tool.Env, cl *client.Client, endpoints int8, fenced bool) (*kmsg.DescribeClusterResponse, error) {
	req := kmsg.NewPtrDescribeClusterRequest()
	req.EndpointType, req.IncludeFencedBrokers = endpoints, fenced
	resp, err := client.Ask(e.Ctx(), cl, req)
	if err != nil {
		return nil, client.Unreachable("listNodes", err)
	}
	return resp, client.Err(resp.ErrorCode, resp.ErrorMessage)
}

func (c *command) listEndpoints() error {
	e, controllers, fenced := c.env, c.controllers(), c.args.Has(c.fenced)
	endpoints := int8(brokerEndpoints)
	if controllers {
		if fenced {
			return opt.Worded(opt.Errorf("The option --include-fenced-brokers is only supported with --bootstrap-server option"),
				"--include-fenced-brokers and --bootstrap-controller cannot be used together")
		}
		endpoints = controllerEndpoints
	}
	resp, err := describeCluster(e, c.cl, endpoints, fenced)
	if client.NotBroker(err) && !e.Native() {
		e.Print("%s\n", err) // Kafka's tool takes this for an answer
		return nil
	}
	if err != nil {
		return err
	}
	hostWidth, rackWidth := 0, 0
	for _, b := range resp.Brokers {
		hostWidth = max(hostWidth, len(b.Host))
		if b.Rack != nil {
			rackWidth = max(rackWidth, len(*b.Rack))
		}
	}
	if rackWidth == 0 {
		rackWidth = 10
	}
	print := func(id, host, port, rack, state, kind string) {
		if controllers {
			e.Print("%-10s %-*s %-10s %-*s %-15s\n", id, hostWidth, host, port, rackWidth, rack, kind)
		} else {
			e.Print("%-10s %-*s %-10s %-*s %-10s %-15s\n", id, hostWidth, host, port, rackWidth, rack, state, kind)
		}
	}
	print("ID", "HOST", "PORT", "RACK", "STATE", "ENDPOINT_TYPE")
	slices.SortFunc(resp.Brokers, func(a, b kmsg.DescribeClusterResponseBroker) int { return int(a.NodeID) - int(b.NodeID) })
	for _, b := range resp.Brokers {
		state, kind := "unfenced", "broker"
		if b.IsFenced {
			state = "fenced"
		}
		if controllers {
			kind = "controller"
		}
		print(fmt.Sprint(b.NodeID), b.Host, fmt.Sprint(b.Port), rack(b.Rack), state, kind)
	}
	return nil
}

func rack(r *string) string {
	if r == nil {
		return "null"
	}
	return *r
}
