package topics

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/gregorhq/gregor/internal/cli/client"
	"github.com/gregorhq/gregor/internal/cli/opt"
	"github.com/gregorhq/gregor/internal/cli/tool"
)

type options struct {
	p       *opt.Parser
	set     *opt.Set
	cluster *client.Flags

	// all are the options of the actions, of which the checks name some.
	all                                       []*opt.Spec
	list, create, delete, alter, describe     *opt.Spec
	topic, topicID, config, deleteConfig      *opt.Spec
	partitions, replication, assignment       *opt.Spec
	underReplicated, unavailable, underMinISR *opt.Spec
	atMinISR, overrides, ifExists             *opt.Spec
	ifNotExists, excludeInternal, pageSize    *opt.Spec
}

const seeConfigs = " (To alter topic configurations, the kafka-configs tool can be used.)"

func newOptions() *options {
	p := opt.New("This tool helps to create, delete, describe, or change a topic.")
	all := tool.AddActions(p, actions)
	return &options{
		p: p, all: all,
		list: p.Lookup("list"), create: p.Lookup("create"), describe: p.Lookup("describe"), alter: p.Lookup("alter"), delete: p.Lookup("delete"),
		cluster:         client.AddFlags(p),
		topic:           p.String("topic", "topic", "The topic. Every action but --create takes a regular expression."),
		topicID:         p.String("topic-id", "topic-id", "The id of the topic to describe."),
		config:          p.String("config", "name=value", "A setting of the topic, name=value; may be repeated."),
		deleteConfig:    p.String("delete-config", "name", "A setting that returns to its default; may be repeated. Kafka's own tool ignores it."),
		partitions:      p.Int("partitions", "# of partitions", "The number of partitions (default: the broker's num.partitions). When it grows, a key may move to another partition."),
		replication:     p.Int("replication-factor", "replication factor", "The number of replicas of each partition (default: the broker's default.replication.factor)."),
		assignment:      p.String("replica-assignment", "broker_id_for_part1_replica1 : broker_id_for_part1_replica2 , broker_id_for_part2_replica1 : broker_id_for_part2_replica2 , ...", "The brokers of each partition: commas between partitions, colons between the brokers of one."),
		underReplicated: p.Flag("under-replicated-partitions", "Show only partitions with replicas that are not in sync."),
		unavailable:     p.Flag("unavailable-partitions", "Show only partitions without a live leader."),
		underMinISR:     p.Flag("under-min-isr-partitions", "Show only partitions with fewer replicas in sync than min.insync.replicas."),
		atMinISR:        p.Flag("at-min-isr-partitions", "Show only partitions with exactly min.insync.replicas replicas in sync."),
		overrides:       p.Flag("topics-with-overrides", "Show only topics that have settings of their own."),
		ifExists:        p.Flag("if-exists", "Succeed if the topic does not exist."),
		ifNotExists:     p.Flag("if-not-exists", "Succeed if the topic exists."),
		excludeInternal: p.Flag("exclude-internal", "Leave out internal topics."),
		pageSize:        p.Int("partition-size-limit-per-response", "maximum number of partitions per response", "The largest number of partitions in one response."),
	}
}

func parse(e *tool.Env) (*options, error) {
	o := newOptions()
	if len(e.Args) == 0 && !e.Native() {
		return nil, o.p.Usage("Create, delete, describe, or change a topic.")
	}
	var err error
	if o.set, err = e.Parse(o.p, false); err != nil {
		return nil, err
	}
	given := 0
	for _, a := range o.all {
		if o.set.Has(a) {
			given++
		}
	}
	if given != 1 {
		last := len(o.all) - 1
		return nil, o.p.Usage("Command must include exactly one action: %s or --%s", tool.Names(o.all[:last]), o.all[last].Name)
	}
	if o.set.Has(o.deleteConfig) && !e.Native() {
		e.Warn("delete-config option is no longer supported and deprecated since version 4.0. The config will be fully removed in future releases.")
	}
	if _, ok := o.cluster.Server(client.Quiet(e), o.set); !ok {
		return nil, errors.New("--bootstrap-server must be specified")
	}
	if err := o.required(e); err != nil {
		return nil, err
	}
	return o, o.exclusive()
}

// inOrder lists the options of the actions by name, the order in which Kafka's tool checks them.
func (o *options) inOrder() []*opt.Spec {
	return slices.SortedFunc(slices.Values(o.all), func(a, b *opt.Spec) int { return strings.Compare(a.Name, b.Name) })
}

func (o *options) required(e *tool.Env) error {
	s := o.set
	if s.Has(o.describe) && s.Has(o.ifExists) {
		if !s.Has(o.topic) && !s.Has(o.topicID) {
			return o.p.Usage("--topic or --topic-id is required to describe a topic")
		}
		if s.Has(o.topic) && s.Has(o.topicID) {
			fmt.Fprintln(e.Stdout, "Only topic id will be used when both --topic and --topic-id are specified and topicId is not Uuid.ZERO_UUID")
		}
	}
	if !s.Has(o.list) && !s.Has(o.describe) {
		if err := o.p.Require(s, o.topic); err != nil {
			return err
		}
	}
	if s.Has(o.alter) && e.Native() {
		if !s.Has(o.partitions) && !s.Has(o.config) && !s.Has(o.deleteConfig) {
			return o.p.Usage("--partitions, --config or --delete-config is missing")
		}
		return nil
	}
	if s.Has(o.alter) {
		if s.Has(o.cluster.Bootstrap) && s.Has(o.config) {
			return o.p.Usage(`Option combination "[[bootstrap-server], [config]]" can't be used with option "[alter]"%s`, seeConfigs)
		}
		return o.p.Require(s, o.partitions)
	}
	return nil
}

func (o *options) exclusive() error {
	only := func(used *opt.Spec, also []*opt.Spec, with ...*opt.Spec) error {
		var not []*opt.Spec
		for _, a := range o.inOrder() {
			if !slices.Contains(with, a) {
				not = append(not, a)
			}
		}
		return o.p.Exclude(o.set, used, append(not, also...)...)
	}
	overrides := []*opt.Spec{o.overrides}
	checks := []error{
		only(o.config, nil, o.alter, o.create),
		only(o.partitions, nil, o.alter, o.create),
		only(o.replication, nil, o.create),
		only(o.assignment, nil, o.alter, o.create),
	}
	if o.set.Has(o.create) {
		checks = append(checks, o.p.Exclude(o.set, o.assignment, o.partitions, o.replication))
	}
	checks = append(checks,
		only(o.underReplicated, overrides, o.describe),
		only(o.underMinISR, overrides, o.describe),
		only(o.atMinISR, overrides, o.describe),
		only(o.unavailable, overrides, o.describe),
		only(o.overrides, []*opt.Spec{o.underReplicated, o.underMinISR, o.atMinISR, o.unavailable}, o.describe),
		only(o.ifExists, nil, o.alter, o.delete, o.describe),
		only(o.ifNotExists, nil, o.create),
		only(o.excludeInternal, nil, o.list, o.describe),
	)
	for _, err := range checks {
		if err != nil {
			return err
		}
	}
	return nil
}
