// Package configs is kafka-configs: shows and changes the settings of topics, brokers, groups and
// subscriptions to clients' metrics.
package configs

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/gregorhq/gregor/internal/cli/client"
	"github.com/gregorhq/gregor/internal/cli/opt"
	"github.com/gregorhq/gregor/internal/cli/tool"
)

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
	if o.kind.resource == 0 {
		return e.Refuse(opt.Worded(fmt.Errorf("gregor's kafka-configs does not know quotas and credentials of %s yet", o.kind.name),
			"gregor has no settings of %s yet", o.kind.name))
	}
	c := &command{options: o, env: e, ctx: e.Ctx()}
	err = c.do()
	var usage *opt.UsageError
	var plain *argumentError
	switch {
	case err == nil, errors.As(err, &usage):
		return e.Fail(err)
	case e.Native():
		return e.Fail(err)
	case errors.As(err, &plain):
		e.Warn("%v", err)
	default:
		e.Warn("Error while executing config command with args '%s'", strings.Join(e.Args, " "))
		e.Warn("%s", e.Message(err))
	}
	return 1
}

// argumentError is printed without the command line.
type argumentError struct{ error }

// Unwrap returns the error.
func (e *argumentError) Unwrap() error { return e.error }

func (c *command) do() error {
	conn, err := c.cluster.Options(c.env, c.set)
	if err != nil {
		return err
	}
	if c.set.Has(c.controllers) {
		conn.Bootstrap, conn.Controllers = c.set.String(c.controllers), true
	}
	if c.cl, err = client.New(c.env, conn); err != nil {
		return client.NoAdmin(c.env, err)
	}
	defer c.cl.Close()
	if c.set.Has(c.alter) {
		return c.alterConfigs()
	}
	return c.describeConfigs()
}

// checkRemoved finds names that the entity has no setting of. gregor's own form refuses them. The
// form of Kafka's tool warns: it must remove settings of earlier releases, which no list has.
func (c *command) checkRemoved(remove []string) error {
	if c.entity == "" {
		return nil
	}
	err := client.CheckRemoved(c.ctx, c.cl, c.kind.resource, c.kind.singular(), c.entity, remove)
	if c.native {
		return err
	}
	// The change itself reports any other error in Kafka's words.
	if unknown := (*client.UnknownSetting)(nil); errors.As(err, &unknown) {
		c.env.Warn("WARNING: %v", err)
	}
	return nil
}

func (c *command) alterConfigs() error {
	props, err := c.additions()
	if err != nil {
		return &argumentError{err}
	}
	var remove []string
	for _, list := range c.set.Strings(c.deleteConfig) {
		for _, k := range strings.Split(list, ",") {
			remove = append(remove, strings.TrimSpace(k))
		}
	}
	if err := c.checkRemoved(remove); err != nil {
		return err
	}
	if err := client.AlterConfigs(c.ctx, c.cl, c.kind.resource, c.entity, props, remove); err != nil {
		return err
	}
	if c.entity == "" {
		c.env.Print("Completed updating default config for %s in the cluster.\n", c.kind.name)
	} else {
		c.env.Print("Completed updating config for %s %s.\n", c.kind.singular(), c.entity)
	}
	return nil
}
