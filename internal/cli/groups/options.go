package groups

import (
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
	all                                                 []*opt.Spec
	list, describe, delete, resetOffsets, deleteOffsets *opt.Spec
	group, allGroups, topic, allTopics, timeout         *opt.Spec
	dryRun, execute, export                             *opt.Spec
	toOffset, fromFile, toDatetime, byDuration          *opt.Spec
	toEarliest, toLatest, toCurrent, shiftBy            *opt.Spec
	members, verbose, offsets, state, typ               *opt.Spec
	validateRegex                                       *opt.Spec
}

func newOptions(e *tool.Env) *options {
	p := opt.New("This tool helps to list all consumer groups, describe a consumer group, delete consumer group info, or reset consumer group offsets.")
	o := &options{
		p: p, all: actions.Add(e, p), cluster: client.AddFlags(p),
		list: p.Lookup("list"), describe: p.Lookup("describe"), delete: p.Lookup("delete"),
		resetOffsets: p.Lookup("reset-offsets"), deleteOffsets: p.Lookup("delete-offsets"),
		group:         p.String("group", "consumer group", "The group."),
		allGroups:     p.Flag("all-groups", "All groups."),
		topic:         p.String("topic", "topic", "The topic, or some of its partitions: topic:0,1,2. May be repeated."),
		allTopics:     p.Flag("all-topics", "All topics that the group has committed offsets of."),
		timeout:       p.Long("timeout", "timeout (ms)", "How long to wait for a response, in milliseconds.").Default("30000"),
		dryRun:        p.Flag("dry-run", "Only show the new offsets."),
		execute:       p.Flag("execute", "Commit the new offsets."),
		export:        p.Flag("export", "Print the new offsets as CSV, for --from-file."),
		toOffset:      p.Long("to-offset", "offset", "Reset to this offset."),
		fromFile:      p.String("from-file", "path to CSV file", "Reset to the offsets of a CSV file."),
		toDatetime:    p.String("to-datetime", "datetime", "Reset to the first record of this time or later: YYYY-MM-DDThh:mm:ss.sss"),
		byDuration:    p.String("by-duration", "duration", "Reset to the first record of that long ago or later: PnDTnHnMnS"),
		toEarliest:    p.Flag("to-earliest", "Reset to the start of the log."),
		toLatest:      p.Flag("to-latest", "Reset to the end of the log."),
		toCurrent:     p.Flag("to-current", "Reset to the committed offset."),
		shiftBy:       p.Long("shift-by", "number-of-offsets", "Move the offset forward by this number, or back if it is negative."),
		members:       p.Flag("members", "Show the members of the group."),
		verbose:       p.Flag("verbose", "Show more columns."),
		offsets:       p.Flag("offsets", "Show the offsets of the group; the default."),
		validateRegex: p.String("validate-regex", "regex", "Check a regular expression of topics (RE2)."),
	}
	stateText, typeText := "Show the state of the group. In a list: show the states of the groups, or only groups in these states: stable,empty",
		"In a list: show the types of the groups, or only groups of these types: classic,consumer"
	switch {
	case e.Native() && e.Verb.Name == "list":
		stateText, typeText = "Show the states of the groups, or only groups in these states: stable,empty",
			"Show the types of the groups, or only groups of these types: classic,consumer"
	case e.Native():
		stateText = "Show the state of the group."
	}
	o.state, o.typ = p.String("state", "", stateText), p.String("type", "", typeText)
	o.state.Optional, o.typ.Optional = true, true
	return o
}

func parse(e *tool.Env) (*options, error) {
	o := newOptions(e)
	var err error
	if o.set, err = e.Parse(o.p, false); err != nil {
		return nil, err
	}
	if _, ok := o.cluster.Server(client.Quiet(e), o.set); !ok && !o.set.Has(o.validateRegex) {
		return nil, o.p.Require(o.set, o.cluster.Bootstrap)
	}
	if err := o.actionOptions(e); err != nil {
		return nil, err
	}
	return o, o.exactlyOne()
}

// exactlyOne is the last check in Kafka 4.3.
func (o *options) exactlyOne() error {
	all := append(slices.Clone(o.all), o.validateRegex)
	given := 0
	for _, a := range all {
		if o.set.Has(a) {
			given++
		}
	}
	if given != 1 {
		return o.p.Usage("Command must include exactly one action: %s", tool.Names(all))
	}
	return nil
}

func (o *options) takesOneOf(a *opt.Spec) error {
	if o.set.Has(o.group) || o.set.Has(o.allGroups) {
		return nil
	}
	return opt.Worded(o.p.Usage("Option %s takes one of these options: %s, %s", a, o.group, o.allGroups), "%s is missing", opt.Owns("or", o.group, o.allGroups))
}

// actionOptions checks what goes with the actions.
func (o *options) actionOptions(e *tool.Env) error {
	s := o.set
	if err := actions.Check(s, o.p, &command{options: o, env: e}); err != nil {
		return err
	}
	for _, err := range []error{
		o.p.Exclude(s, o.group, o.allGroups),
		o.p.Exclude(s, o.group, o.list),
		o.p.Exclude(s, o.topic, o.list, o.describe),
	} {
		if err != nil {
			return err
		}
	}
	return nil
}

func (c *command) checkDelete() error {
	if err := c.takesOneOf(c.delete); err != nil {
		return err
	}
	if c.set.Has(c.topic) {
		return c.p.Usage("The consumer does not support topic-specific offset deletion from a consumer group.")
	}
	return nil
}

func (c *command) checkDeleteOffsets() error {
	if !c.set.Has(c.group) || !c.set.Has(c.topic) {
		missing := c.topic
		if !c.set.Has(c.group) {
			missing = c.group
		}
		return opt.Worded(c.p.Usage("Option %s takes the following options: %s, %s", c.deleteOffsets, c.group, c.topic), "%s is missing", missing.Own())
	}
	return nil
}

func (c *command) checkDescribe() error {
	o := c.options
	if err := o.takesOneOf(o.describe); err != nil {
		return err
	}
	given := 0
	for _, a := range []*opt.Spec{o.members, o.offsets, o.state} {
		if o.set.Has(a) {
			given++
		}
	}
	if given > 1 {
		return opt.Worded(o.p.Usage("Option %s takes at most one of these options: %s, %s, %s", o.describe, o.members, o.offsets, o.state),
			"only one of %s can be used", opt.Owns("and", o.members, o.offsets, o.state))
	}
	if value, ok := o.set.Lookup(o.state); ok {
		return opt.Worded(o.p.Usage("Option %s does not take a value for %s", o.describe, o.state),
			"--state %s: it takes no value here; a GROUP comes before it", value)
	}
	return nil
}

// how are the ways to reset, in the order in which Kafka compares them.
func (o *options) how() []*opt.Spec {
	return []*opt.Spec{o.toOffset, o.toDatetime, o.byDuration, o.toEarliest, o.toLatest, o.toCurrent, o.shiftBy, o.fromFile}
}

func (c *command) checkReset() error {
	o, e, s := c.options, c.env, c.set
	if s.Has(o.dryRun) && s.Has(o.execute) {
		return opt.Worded(o.p.Usage("Option %s only accepts one of %s and %s", o.resetOffsets, o.execute, o.dryRun),
			"%s cannot be used together", opt.Owns("and", o.execute, o.dryRun))
	}
	unsaid := !s.Has(o.dryRun) && !s.Has(o.execute)
	if unsaid && !e.Native() {
		e.Warn("WARN: No action will be performed as the --execute option is missing. In version 5.0, this command will require either --dry-run or --execute to be specified. You should add the --dry-run option explicitly if you are scripting this command and want to keep the current default behavior without prompting.")
	}
	if err := o.takesOneOf(o.resetOffsets); err != nil {
		return err
	}
	for _, used := range o.how() {
		for _, other := range o.how() {
			if used == other {
				continue
			}
			if err := o.p.Exclude(s, used, other); err != nil {
				return err
			}
		}
	}
	if !e.Native() {
		return nil
	}
	err := c.checkTarget()
	if unsaid && err == nil {
		e.Warn("WARN: The offsets are only shown; --execute commits them. --dry-run shows them without this line.")
	}
	return err
}

// checkTarget checks where to reset to, and which partitions. Kafka's tool finds these faults
// later, after it has asked the cluster.
func (c *command) checkTarget() error {
	o, s := c.options, c.set
	if !slices.ContainsFunc(o.how(), s.Has) {
		return o.p.Usage("%s is missing", opt.Owns("or", o.how()...))
	}
	if !s.Has(o.topic) && !s.Has(o.allTopics) && !s.Has(o.fromFile) {
		return o.p.Usage("%s is missing", opt.Owns("or", o.topic, o.allTopics))
	}
	if _, err := c.firstOffset(); err != nil {
		return err
	}
	if err := s.Check(o.shiftBy, o.timeout); err != nil {
		return err
	}
	if _, err := parseDatetime(s.String(o.toDatetime)); s.Has(o.toDatetime) && err != nil {
		return o.p.Usage("%s %s: the form is YYYY-MM-DDThh:mm:ss.sss, such as 2026-01-31T00:00:00.000", o.toDatetime.Own(), s.String(o.toDatetime))
	}
	if _, err := client.ParseDuration(s.String(o.byDuration)); s.Has(o.byDuration) && err != nil {
		return o.p.Usage("%s %s: the form is PnDTnHnMnS, such as P1D or PT1H30M", o.byDuration.Own(), s.String(o.byDuration))
	}
	for _, arg := range s.Strings(o.topic) {
		if _, err := parseTopicArg(arg); strings.Contains(arg, ":") && err != nil {
			return badArgument(o.p, err)
		}
	}
	return nil
}
