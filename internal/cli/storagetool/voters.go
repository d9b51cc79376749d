package storagetool

import (
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"github.com/gregorhq/gregor/internal/cli/opt"
	"github.com/gregorhq/gregor/internal/config"
	"github.com/gregorhq/gregor/internal/metadata"
	"github.com/gregorhq/gregor/internal/protocol/wire"
	"github.com/gregorhq/gregor/internal/quorum"
)

// quorumKind says where the voters of the cluster are.
type quorumKind int8

const (
	// staticVoters are those of controller.quorum.voters (kraft.version 0).
	staticVoters quorumKind = iota
	// standalone: this controller is the only voter.
	standalone
	// initialVoters are those of the command line.
	initialVoters
	// noVoters: the node joins voters that the metadata of other nodes has.
	noVoters
)

// dynamic reports whether the metadata holds the voters (KIP-853).
func (k quorumKind) dynamic() bool { return k != staticVoters }

// quorum reads from the command line where the voters are, with the checks of kafka-storage.
func (c *command) quorum(cfg *config.Broker) (kind quorumKind, voters []quorum.Voter, err error) {
	static := len(cfg.Voters()) > 0
	alone, initial, none := c.args.Has(c.standalone), c.args.Has(c.initials), c.args.Has(c.noControllers)
	switch {
	case (alone || initial) && static:
		return kind, nil, opt.Errorf("You cannot specify controller.quorum.voters and format the node with --initial-controllers or --standalone. If you want to use dynamic quorum, please remove controller.quorum.voters and specify controller.quorum.bootstrap.servers instead.")
	case alone && !cfg.IsController():
		return kind, nil, opt.Errorf("You can only use --standalone on a controller.")
	case alone:
		return standalone, nil, nil
	case initial:
		voters, err = parseVoters(c.args.String(c.initials), controllerListener(cfg))
		return initialVoters, voters, err
	case none && !static:
		return noVoters, nil, nil
	case !static && !cfg.IsController():
		return noVoters, nil, nil
	case !static:
		return kind, nil, opt.Errorf("Because controller.quorum.voters is not set on this controller, you must specify one of the following: --standalone, --initial-controllers, or --no-initial-controllers.")
	}
	return staticVoters, nil, nil
}

// controllerListener is the name of the listener at which voters are reached.
func controllerListener(cfg *config.Broker) string {
	if names := cfg.List("controller.listener.names"); len(names) > 0 {
		return strings.ToUpper(names[0])
	}
	return "CONTROLLER"
}

// parseVoters reads the voters of --initial-controllers: id@host:port:directory, with commas
// between (DynamicVoters.parse). Empty entries do not count.
func parseVoters(text, listener string) (voters []quorum.Voter, err error) {
	for entry := range strings.SplitSeq(text, ",") {
		entry = strings.TrimSpace(entry)
		if entry == "" {
			continue
		}
		v, err := parseVoter(entry, listener)
		if err != nil {
			return nil, opt.Worded(err, "--initial-controllers %s: the form is ID@HOST:PORT:DIRECTORY, with the id of a directory", entry)
		}
		if slices.ContainsFunc(voters, func(o quorum.Voter) bool { return o.ID == v.ID }) {
			return nil, opt.Worded(opt.Errorf("Node id %d was specified more than once.", v.ID), "--initial-controllers names node %d twice", v.ID)
		}
		voters = append(voters, v)
	}
	if len(voters) == 0 {
		return nil, opt.Worded(opt.Errorf("No voters given."), "--initial-controllers names no voter")
	}
	return voters, nil
}

// parseVoter reads one voter (DynamicVoter.of).
func parseVoter(text, listener string) (v quorum.Voter, err error) {
	idText, rest, ok := strings.Cut(text, "@")
	id, parseErr := strconv.ParseInt(idText, 10, 32)
	switch {
	case !ok:
		return v, opt.Errorf("No @ found in dynamic voter string.")
	case idText == "":
		return v, opt.Errorf("Invalid @ at beginning of dynamic voter string.")
	case parseErr != nil:
		return v, opt.Errorf("Failed to parse node id in dynamic voter string.")
	case id < 0:
		return v, opt.Errorf("Invalid negative node id %d in dynamic voter string.", id)
	case rest == "":
		return v, opt.Errorf("No hostname found after node id.")
	}
	host, rest, err := cutHost(rest)
	if err != nil {
		return v, err
	}
	portText, dirText, ok := strings.Cut(rest, ":")
	if !ok {
		return v, opt.Errorf("No colon following port could be found.")
	}
	port, parseErr := strconv.ParseInt(portText, 10, 32)
	switch {
	case parseErr != nil:
		return v, opt.Errorf("Failed to parse port in dynamic voter string.")
	case port < 0 || port > 65535:
		return v, opt.Errorf("Invalid port %d in dynamic voter string.", port)
	}
	dir, err := wire.ParseUUID(strings.TrimRight(dirText, "="))
	if err != nil {
		return v, opt.Errorf("Failed to parse directory ID in dynamic voter string.")
	}
	return quorum.Voter{ID: int32(id), DirectoryID: dir, MaxVersion: 1,
		Endpoints: []metadata.Endpoint{{Name: listener, Host: hostString(host), Port: uint16(port)}}}, nil
}

// cutHost takes the host from HOST:PORT:..., where the host may have brackets around it.
func cutHost(text string) (host, rest string, err error) {
	if !strings.HasPrefix(text, "[") {
		host, rest, ok := strings.Cut(text, ":")
		if !ok {
			return "", "", opt.Errorf("No colon following hostname could be found.")
		}
		return host, rest, nil
	}
	host, rest, ok := strings.Cut(text[1:], "]")
	if !ok {
		return "", "", opt.Errorf("Hostname began with left bracket, but no right bracket was found.")
	}
	if !strings.HasPrefix(rest, ":") {
		return "", "", opt.Errorf("Port section must start with a colon.")
	}
	return host, rest[1:], nil
}

// hostString is the host as Java's InetSocketAddress shows it, and as Apache Kafka stores it: an
// IPv6 address has all its groups, and an empty host is localhost.
func hostString(host string) string {
	if host == "" {
		return "localhost"
	}
	a, err := netip.ParseAddr(host)
	if err != nil || !a.Is6() {
		return host
	}
	bytes := a.As16()
	groups := make([]string, 8)
	for i := range groups {
		groups[i] = strconv.FormatUint(uint64(bytes[2*i])<<8|uint64(bytes[2*i+1]), 16)
	}
	return strings.Join(groups, ":")
}
