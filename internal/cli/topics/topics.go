// Package topics is kafka-topics: creates, deletes, lists, describes and grows topics.
package topics

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/gregorhq/gregor/internal/cli/client"
	"github.com/gregorhq/gregor/internal/cli/opt"
	"github.com/gregorhq/gregor/internal/cli/tool"
	"github.com/gregorhq/gregor/internal/topicname"
)

// command is one call of kafka-topics.
type command struct {
	*options
	env *tool.Env
	ctx context.Context
	cl  *client.Client
}

func run(e *tool.Env) int {
	o, err := parse(e)
	if err != nil {
		return e.Refuse(err)
	}
	conn, err := o.cluster.Options(e, o.set)
	if err != nil {
		return e.Refuse(err)
	}
	cl, err := client.New(e, conn)
	if err != nil {
		return e.Refuse(client.NoAdmin(e, err))
	}
	defer cl.Close()
	c := &command{options: o, env: e, ctx: e.Ctx(), cl: cl}
	if err := c.do(); err != nil {
		var usage *opt.UsageError
		if errors.As(err, &usage) || e.Native() {
			return e.Fail(err)
		}
		e.Print("Error while executing topic command : %s\n", err)
		return 1
	}
	return 0
}

func (c *command) do() error {
	if err := c.set.Check(c.topic, c.topicID, c.pageSize); err != nil {
		return err
	}
	if c.env.Native() && c.set.Has(c.topic) && !c.exact() {
		if _, err := client.NewFilter(c.set.String(c.topic)); err != nil {
			return err
		}
	}
	return actions.Do(c.set, c.p, c)
}

// exact reports whether the command line names one topic, and not a regular expression. Kafka's
// tool takes an expression for --alter, too.
func (c *command) exact() bool {
	return c.set.Has(c.create) || c.env.Native() && c.set.Has(c.alter)
}

// names returns the topics that the command line picks, sorted.
func (c *command) names() ([]string, error) {
	md, err := client.Metadata(c.ctx, c.cl, nil)
	if err != nil {
		return nil, client.Unreachable("listTopics", err)
	}
	filter := func(string) bool { return true }
	if expr, ok := c.set.Lookup(c.topic); ok && c.exact() {
		filter = func(name string) bool { return name == expr }
	} else if ok {
		f, err := client.NewFilter(expr)
		if err != nil {
			return nil, err
		}
		filter = f.Match
	}
	var names []string
	for _, t := range md.Topics {
		internal := t.IsInternal || topicname.IsInternal(*t.Topic)
		if filter(*t.Topic) && !(internal && c.set.Has(c.excludeInternal)) {
			names = append(names, *t.Topic)
		}
	}
	return sorted(names), nil
}

// existing is names, with an error if the command line names a topic that does not exist.
func (c *command) existing() ([]string, error) {
	names, err := c.names()
	if err != nil {
		return nil, err
	}
	if want := c.set.String(c.topic); want != "" && len(names) == 0 && !c.set.Has(c.ifExists) {
		return nil, fmt.Errorf("Topic '%s' does not exist as expected", want)
	}
	return names, nil
}

func (c *command) listTopics() error {
	names, err := c.names()
	if err != nil {
		return err
	}
	c.env.Print("%s\n", strings.Join(names, "\n"))
	return nil
}
