package topics

import (
	"errors"
	"fmt"

	"github.com/gregorhq/gregor/internal/cli/client"
	"github.com/gregorhq/gregor/internal/cli/opt"
	"github.com/gregorhq/gregor/internal/cli/tool"
)

type options struct {
	p       *opt.Parser
	set     *opt.Set
	cluster *client.Flags

	// all are the options of the actions.
	all                                       []*opt.Spec
	create, alter                             *opt.Spec
	topic, topicID, config, deleteConfig      *opt.Spec
	partitions, replication, assignment       *opt.Spec
	underReplicated, unavailable, underMinISR *opt.Spec
	atMinISR, overrides, ifExists             *opt.Spec
	ifNotExists, excludeInternal, pageSize    *opt.Spec
}

const seeConfigs = " (To alter topic configurations, the kafka-configs tool can be used.)"

func newOptions(e *tool.Env) *options {
	p := opt.New("This tool helps to create, delete, describe, or change a topic.")
	all := actions.Add(e, p)
	partitions := "The number of partitions (default: the broker's num.partitions). When it grows, a key may move to another partition."
	if e.Native() && e.Verb.Name == "alter" {
		partitions = "The new number of partitions. It can only grow, and a key may move to another partition."
	}
	return &options{
		p: p, all: all,
		create:          p.Lookup("create"),
		alter:           p.Lookup("alter"),
		cluster:         client.AddFlags(p),
		topic:           p.String("topic", "topic", "The topic. Every action but --create takes a regular expression."),
		topicID:         p.String("topic-id", "topic-id", "The id of the topic to describe."),
		config:          p.String("config", "name=value", "A setting of the topic, name=value; may be repeated."),
		deleteConfig:    p.String("delete-config", "name", "A setting that returns to its default; may be repeated. Kafka's own tool ignores it."),
		partitions:      p.Int("partitions", "# of partitions", partitions),
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
	o := newOptions(e)
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
	if err := actions.Check(o.set, o.p, &command{options: o, env: e}); err != nil {
		return nil, err
	}
	return o, o.exclusive()
}

// checkDescribe asks for a topic where --if-exists is given.
func (c *command) checkDescribe() error {
	s := c.set
	if !s.Has(c.ifExists) {
		return nil
	}
	if !s.Has(c.topic) && !s.Has(c.topicID) {
		return opt.Worded(c.p.Usage("--topic or --topic-id is required to describe a topic"), "--if-exists needs %s", opt.Owns("or", c.topic, c.topicID))
	}
	if s.Has(c.topic) && s.Has(c.topicID) && c.env.Native() {
		return c.p.Usage("%s cannot be used together", opt.Owns("and", c.topic, c.topicID))
	}
	if s.Has(c.topic) && s.Has(c.topicID) {
		fmt.Fprintln(c.env.Stdout, "Only topic id will be used when both --topic and --topic-id are specified and topicId is not Uuid.ZERO_UUID")
	}
	return nil
}

// checkAlter asks for something to change. Kafka's tool changes the number of partitions only.
func (c *command) checkAlter() error {
	s := c.set
	if err := c.p.Require(s, c.topic); err != nil {
		return err
	}
	switch {
	case c.env.Native() && !s.Has(c.partitions) && !s.Has(c.config) && !s.Has(c.deleteConfig):
		return c.p.Usage("--partitions, --config or --delete-config is missing")
	case c.env.Native():
		return nil
	case s.Has(c.cluster.Bootstrap) && s.Has(c.config):
		return c.p.Usage(`Option combination "[[bootstrap-server], [config]]" can't be used with option "[alter]"%s`, seeConfigs)
	}
	return c.p.Require(s, c.partitions)
}

// exclusive refuses options that do not go with the action or with each other, in Kafka's order.
func (o *options) exclusive() error {
	only := func(used *opt.Spec, also ...*opt.Spec) error { return actions.Alone(o.set, o.p, used, also...) }
	checks := []error{only(o.config), only(o.partitions), only(o.replication), only(o.assignment)}
	if o.set.Has(o.create) {
		checks = append(checks, o.p.Exclude(o.set, o.assignment, o.partitions, o.replication))
	}
	checks = append(checks,
		only(o.underReplicated, o.overrides), only(o.underMinISR, o.overrides), only(o.atMinISR, o.overrides), only(o.unavailable, o.overrides),
		only(o.overrides, o.underReplicated, o.underMinISR, o.atMinISR, o.unavailable),
		only(o.ifExists), only(o.ifNotExists), only(o.excludeInternal),
	)
	for _, err := range checks {
		if err != nil {
			return err
		}
	}
	return nil
}
