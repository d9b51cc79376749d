package client

import (
	"io"
	"regexp"
	"strings"

	"github.com/gregorhq/gregor/internal/cli/opt"
	"github.com/gregorhq/gregor/internal/cli/tool"
)

// Flags are the options that name a cluster, of this release and of former ones.
type Flags struct {
	Bootstrap *opt.Spec
	Config    *opt.Spec
	zookeeper *opt.Spec
	brokers   *opt.Spec
}

// AddFlags adds --bootstrap-server and --command-config, and the former options --zookeeper and
// --broker-list.
func AddFlags(p *opt.Parser) *Flags {
	return &Flags{
		Bootstrap: p.String("bootstrap-server", "server to connect to", "REQUIRED: the cluster, HOST:PORT[,HOST:PORT...]."),
		Config:    p.String("command-config", "command config property file", "A file of client properties."),
		zookeeper: p.String("zookeeper", "urls", "Removed in Kafka 3.0.").Old(),
		brokers:   p.String("broker-list", "broker-list", "Removed in Kafka 4.0.").Old(),
	}
}

// Server returns the cluster that the command line names; ok is false when it must name one and
// does not. Options of former releases work, with a warning that names today's option.
func (f *Flags) Server(e *tool.Env, s *opt.Set) (list string, ok bool) {
	if s.Has(f.Bootstrap) {
		return s.String(f.Bootstrap), true
	}
	if s.Has(f.brokers) {
		e.Warn("WARNING: --broker-list was removed from Kafka; type --bootstrap-server %s", s.String(f.brokers))
		return s.String(f.brokers), true
	}
	if s.Has(f.zookeeper) {
		list = DefaultBootstrap(e)
		e.Warn("WARNING: --zookeeper was removed from Kafka, there is no ZooKeeper any more; using --bootstrap-server %s (%s names another)", list, BootstrapEnv)
		return list, true
	}
	if e.Native() {
		return DefaultBootstrap(e), true
	}
	return "", false
}

// FromZooKeepersTime reports whether the command line is one for Kafka before 2.2, whose messages
// tutorials quote.
func (f *Flags) FromZooKeepersTime(s *opt.Set) bool { return s.Has(f.zookeeper) && !s.Has(f.Bootstrap) }

// Options returns how to connect. The client id is that of Kafka's tools.
func (f *Flags) Options(e *tool.Env, s *opt.Set) (Options, error) {
	o := Options{Props: Props{}, ClientID: "adminclient-1"}
	if err := s.Check(f.Bootstrap, f.Config); err != nil {
		return o, err
	}
	o.Bootstrap, _ = f.Server(e, s)
	if s.Has(f.Config) {
		var err error
		if o.Props, err = ReadProps(s.String(f.Config)); err != nil {
			return o, err
		}
	}
	return o, nil
}

var hostPort = regexp.MustCompile(`^(?:[0-9a-zA-Z\-%._]*://)?\[?([0-9a-zA-Z\-%._:]*)]?:([0-9]+)`)

// ValidateBootstrap is Kafka's ToolsUtils.ValidateBootstrapServer. gregor's own form has one text
// for all verbs.
func ValidateBootstrap(e *tool.Env, p *opt.Parser, list string) error {
	if e.Native() {
		_, err := Addresses(list)
		return err
	}
	if strings.TrimSpace(list) == "" {
		return p.Usage("Error while validating the bootstrap address\n")
	}
	for _, a := range strings.Split(list, ",") {
		if a = strings.TrimSpace(a); a != "" && !hostPort.MatchString(a) {
			return p.Usage("Please provide valid host:port like host1:9091,host2:9092\n")
		}
	}
	return nil
}

// Quiet returns e without stderr, for a check whose warnings are printed elsewhere.
func Quiet(e *tool.Env) *tool.Env {
	q := *e
	q.Stderr = io.Discard
	return &q
}
