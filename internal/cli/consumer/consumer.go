// Package consumer is kafka-console-consumer: it prints records as they come.
package consumer

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os/signal"
	"slices"
	"syscall"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/gregorhq/gregor/internal/cli/client"
	"github.com/gregorhq/gregor/internal/cli/tool"
	"github.com/gregorhq/gregor/internal/topicname"
)

// exitInterrupted is the exit code that a shell reports for a program that SIGINT ended.
const exitInterrupted = 130

func run(e *tool.Env) int {
	o, err := parse(e)
	if err != nil {
		return e.Refuse(err)
	}
	signal.Ignore(syscall.SIGPIPE) // a closed pipe ends the tool in good order
	ctx, cancel := e.Interruptible()
	defer cancel()
	c := &consumer{options: o, env: e, out: bufio.NewWriterSize(e.Stdout, 1<<16)}
	if err := c.connect(); err != nil {
		return e.Fail(err)
	}
	err = c.consume(ctx)
	if err != nil && e.Native() {
		e.Warn("%s", e.Message(err))
	} else if err != nil {
		e.Warn("%v", err)
	}
	if err := c.cl.Leave(ctx); err != nil {
		c.env.Warn("WARN The positions could not be committed: %v", err)
	}
	processed(e, c.count)
	if o.set.Has(o.sysEvents) {
		e.Print("shutdown_complete\n")
	}
	switch {
	case err != nil:
		return 1
	case ctx.Err() != nil && e.Ctx().Err() == nil:
		return exitInterrupted
	}
	return 0
}

type consumer struct {
	*options
	env   *tool.Env
	cl    *client.Consumer
	out   *bufio.Writer
	count int
	// printed are the records that are in out and not marked for the next commit.
	printed []*kgo.Record
}

func (c *consumer) connect() (err error) {
	topic, group := c.set.String(c.topic), c.props["group.id"]
	var opts []kgo.Opt
	var start map[int32]int64
	switch {
	case c.set.Has(c.partition):
		at := kgo.NewOffset().At(c.start)
		switch c.start {
		case atStart:
			at = kgo.NewOffset().AtStart()
		case atEnd:
			at = kgo.NewOffset().AtEnd()
		}
		group = ""
		start = map[int32]int64{int32(c.set.Int(c.partition)): c.start}
		opts = append(opts, kgo.ConsumePartitions(map[string]map[int32]kgo.Offset{topic: {int32(c.set.Int(c.partition)): at}}))
	case c.set.Has(c.topic):
		opts = append(opts, kgo.ConsumeTopics(topic))
	default:
		opts = append(opts, kgo.ConsumeRegex(), kgo.ConsumeTopics("^(?:"+c.set.String(c.include)+")$"))
		if c.props["exclude.internal.topics"] != "false" {
			var internal []string
			for _, name := range topicname.Internal() {
				internal = append(internal, "^"+name+"$")
			}
			opts = append(opts, kgo.ConsumeExcludeTopics(internal...))
		}
	}
	if c.props["allow.auto.create.topics"] != "false" && c.set.Has(c.topic) {
		opts = append(opts, kgo.AllowAutoTopicCreation())
	}
	c.cl, err = client.NewConsumer(c.env, client.Options{Bootstrap: c.set.String(c.cluster.Bootstrap), Props: c.props, ClientID: "console-consumer", Extra: opts}, group)
	if err == nil {
		c.cl.Start = start
	}
	return err
}

// consume prints records until --max-messages or --timeout-ms is reached, an interruption, or an
// error.
func (c *consumer) consume(ctx context.Context) error {
	c.lookForPartition(ctx)
	limit := -1
	if c.set.Has(c.maxMessages) {
		limit = c.set.Int(c.maxMessages)
	}
	// last is the time of the last record. Errors that the client reports do not extend the wait.
	last := time.Now()
	for limit == -1 || c.count < limit {
		wait, cancel := context.WithDeadline(ctx, last.Add(c.patience()))
		fetches := c.cl.Poll(wait, max(0, limit-c.count))
		late := errors.Is(wait.Err(), context.DeadlineExceeded)
		cancel()
		fatal := c.cl.Fatal(ctx, fetches)
		var err error
		for it := fetches.RecordIter(); err == nil && !it.Done(); {
			err = c.print(it.Next())
		}
		if c.flush() != nil || errors.Is(err, errStdout) {
			return c.outputGone()
		}
		if err != nil {
			return err
		}
		if fatal != nil {
			return fmt.Errorf("ERROR Error processing message, terminating consumer process: %w", fatal)
		}
		switch {
		case ctx.Err() != nil || late && fetches.NumRecords() == 0:
			return nil
		case fetches.NumRecords() > 0:
			last = time.Now()
		}
	}
	return nil
}

// lookTime bounds how long the tool waits for the list of partitions.
const lookTime = 2 * time.Second

// lookForPartition warns that the partition does not exist. Kafka's tool waits for it without a
// message.
func (c *consumer) lookForPartition(ctx context.Context) {
	if !c.set.Has(c.partition) {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, min(lookTime, c.patience()))
	defer cancel()
	topic, want := c.set.String(c.topic), int32(c.set.Int(c.partition))
	resp, err := client.Metadata(ctx, c.cl.Admin, []string{topic})
	if err != nil || len(resp.Topics) != 1 || resp.Topics[0].ErrorCode != 0 {
		return // the consumer meets and prints the same error
	}
	parts := resp.Topics[0].Partitions
	if !slices.ContainsFunc(parts, func(p kmsg.MetadataResponseTopicPartition) bool { return p.Partition == want }) {
		c.env.Warn("WARN Topic %s has no partition %d, there are %d; waiting for it", topic, want, len(parts))
	}
}

func (c *consumer) print(r *kgo.Record) error {
	c.count++
	err := c.format.write(c.out, r)
	if err != nil && !errors.Is(err, errStdout) && c.set.Has(c.skipOnError) {
		c.env.Warn("ERROR Error processing message, skipping this message: %v", err)
		err = nil
	}
	if err == nil {
		c.printed = append(c.printed, r)
	}
	return err
}

// flush writes the buffered output. Only then the records are marked: a position that is committed
// must not be ahead of the output.
func (c *consumer) flush() error {
	if err := c.out.Flush(); err != nil {
		return errStdout
	}
	c.cl.MarkCommitRecords(c.printed...)
	c.printed = c.printed[:0]
	return nil
}

// outputGone ends the tool after its output failed. A reader that has enough, such as head, is no
// failure. Kafka's tool ends with 0 after other errors, too.
func (c *consumer) outputGone() error {
	if c.env.Native() && !errors.Is(c.out.Flush(), syscall.EPIPE) { // the buffer keeps its first error
		return errStdout
	}
	c.env.Warn("%v", errStdout)
	return nil
}
