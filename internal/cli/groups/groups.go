// Package groups is kafka-consumer-groups: lists, describes and deletes consumer groups, and moves
// or deletes their committed offsets.
package groups

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
	"github.com/twmb/franz-go/pkg/kversion"

	"github.com/gregorhq/gregor/internal/cli/client"
	"github.com/gregorhq/gregor/internal/cli/opt"
	"github.com/gregorhq/gregor/internal/cli/tool"
)

// command is one call of kafka-consumer-groups.
type command struct {
	*options
	env *tool.Env
	cl  *client.Client
	// failed is set when an error was printed. Apache Kafka's tool ends with 0 all the same;
	// gregor's own form does not.
	failed bool
	// offset is the first argument of --to-offset.
	offset int64
}

func run(e *tool.Env) int {
	o, err := parse(e)
	if err != nil {
		return e.Refuse(err)
	}
	c := &command{options: o, env: e}
	if o.set.Has(o.validateRegex) {
		return c.regex()
	}
	err = c.connected()
	var usage *opt.UsageError
	var bad *argumentError
	switch {
	case err == nil:
	case e.Native() && errors.As(err, &bad) && bad.own == "":
		return e.Fail(err)
	case errors.As(err, &usage):
		return e.Fail(err)
	case errors.As(err, &bad):
		return e.Fail(badArgument(o.p, bad))
	default:
		if e.Native() {
			return e.Fail(err)
		}
		c.printError("Executing consumer group command failed due to " + e.Message(err))
		e.Warn("%s", e.Message(err)) // Kafka's tool prints a stack trace here
	}
	if c.failed && e.Native() {
		return 1
	}
	return 0
}

// argumentError is Java's IllegalArgumentException: the usage follows its text. In gregor's own
// form the usage follows only for a fault of the command line, which has a text of its own.
type argumentError struct{ text, own string }

// badArgument is the error that ends the tool after an argumentError.
func badArgument(p *opt.Parser, err error) error {
	var bad *argumentError
	if errors.As(err, &bad) && bad.own != "" {
		return opt.Worded(p.Usage("%s", bad.text), "%s", bad.own)
	}
	return p.Usage("%s", err)
}

func (e *argumentError) Error() string { return e.text }

func argumentf(format string, args ...any) error {
	return &argumentError{text: fmt.Sprintf(format, args...)}
}

func (c *command) connected() error {
	if err := c.set.Check(c.options.state, c.typ, c.timeout, c.shiftBy, c.byDuration); err != nil {
		return err
	}
	var err error
	if c.offset, err = c.firstOffset(); err != nil {
		return err
	}
	conn, err := c.cluster.Options(c.env, c.set)
	if err != nil {
		return err
	}
	// From version 10 on these two speak of topic ids, which the client turns into names by a cache
	// of its own.
	versions := kversion.Stable()
	versions.SetMaxKeyVersion(int16(kmsg.OffsetFetch), 9)
	versions.SetMaxKeyVersion(int16(kmsg.OffsetCommit), 9)
	conn.Extra = append(conn.Extra, kgo.MaxVersions(versions))
	if c.cl, err = client.New(c.env, conn); err != nil {
		return client.Exceptionf("org.apache.kafka.common.KafkaException", "Failed to create new KafkaAdminClient: %w", err)
	}
	defer c.cl.Close()
	return c.do()
}

// firstOffset reads --to-offset. Kafka's tool takes the first value of several.
func (c *command) firstOffset() (int64, error) {
	given := c.set.Strings(c.toOffset)
	if len(given) == 0 {
		return 0, nil
	}
	n, err := strconv.ParseInt(given[0], 10, 64)
	if err != nil {
		return 0, opt.NotANumber(c.toOffset, given[0])
	}
	return n, nil
}

func (c *command) do() error { return actions.Do(c.set, c.p, c) }

// call is the context of one request; --timeout bounds each.
func (c *command) call() (context.Context, context.CancelFunc) {
	return context.WithTimeout(c.env.Ctx(), time.Duration(c.set.Int64(c.timeout))*time.Millisecond)
}

// printError prints an error that does not end the call: to stdout as Kafka's tool, to stderr in
// gregor's own form.
func (c *command) printError(text string) {
	c.failed = true
	if c.env.Native() {
		c.env.Warn("%s", text)
		return
	}
	c.env.Print("\nError: %s\n", text)
}

// groupIDs are the groups that the command line picks.
func (c *command) groupIDs() ([]string, error) {
	if c.set.Has(c.allGroups) {
		listings, err := c.listings(nil, nil)
		if err != nil {
			return nil, err
		}
		var ids []string
		for _, l := range listings {
			ids = append(ids, l.id)
		}
		return ids, nil
	}
	return c.set.Strings(c.group), nil
}

// pad fills a text with blanks up to a width.
func pad(s string, width int) string { return fmt.Sprintf("%-*s", width, s) }

// row joins columns of a table.
func row(columns ...string) string { return strings.Join(columns, " ") }

// dash is printed for a missing value.
const dash = "-"

func orDash(s string) string {
	if s == "" {
		return dash
	}
	return s
}
