// Package producer is kafka-console-producer: each line of the input becomes a record.
package producer

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/gregorhq/gregor/internal/cli/client"
	"github.com/gregorhq/gregor/internal/cli/opt"
	"github.com/gregorhq/gregor/internal/cli/tool"
)

// closeTime bounds how long records may wait for their responses after the input has ended.
const closeTime = 2 * time.Minute

// interruptedTime is the same after Ctrl-C.
const interruptedTime = 5 * time.Second

func run(e *tool.Env) int {
	o, err := parse(e)
	if err != nil {
		return e.Refuse(err)
	}
	p := &producer{options: o, env: e}
	if err := p.produce(); err != nil {
		return e.Fail(err)
	}
	if p.failed.Load() && e.Native() {
		return 1
	}
	return 0
}

type producer struct {
	*options
	env    *tool.Env
	cl     *client.Sender
	block  *client.Blocking
	failed atomic.Bool
	// refusals counts errors that are not printed yet.
	refusals sync.WaitGroup
}

func (p *producer) produce() error {
	switch class := p.set.String(p.lineReader); {
	case class == lineMessageReader || class == shortReader && p.env.Native():
	case p.env.Native():
		return opt.Errorf("--line-reader %s: there is no line reader but %s", class, shortReader)
	default:
		return errors.New(class + ": there is no line reader but " + lineMessageReader)
	}
	readerProps, err := p.readerProps()
	if err != nil {
		return err
	}
	readerProps.WarnMistyped(p.env, readerFlags, readerTexts...)
	reader, err := newLineReader(readerProps, p.env.Stdin, p.prompt())
	if err != nil {
		return err
	}
	props, err := p.props(p.env)
	if err != nil {
		return err
	}
	p.cl, err = client.NewSender(p.env, client.Options{Bootstrap: p.set.String(p.cluster.Bootstrap), Props: props, ClientID: "console-producer"})
	if err != nil {
		return err
	}
	defer p.cl.Close()
	ctx, cancel := p.env.Interruptible()
	defer cancel()
	ticker := time.NewTicker(stallTime)
	defer ticker.Stop()
	watched, end := context.WithCancel(p.env.Ctx())
	defer end()
	p.later(func() { stallWatch{p.env, p.cl, p.set.String(p.topic)}.run(watched, ticker.C) })
	p.block = client.NewBlocking(p.cl.Client, props)
	if err := p.block.Transactions(ctx, props); err != nil {
		return err
	}
	err = p.loop(ctx, reader)
	patience := closeTime
	if ctx.Err() != nil {
		patience = interruptedTime
	}
	cancel() // from here on a signal ends the program at once
	return errors.Join(err, p.flush(patience))
}

// flush waits for the answers to all records, also after a line that could not be parsed or an
// interruption.
func (p *producer) flush(patience time.Duration) error {
	ctx, cancel := context.WithTimeout(p.env.Ctx(), patience)
	defer cancel()
	err := p.cl.Flush(ctx)
	p.refusals.Wait()
	if n := p.cl.Unacknowledged(); err != nil && n > 0 {
		return fmt.Errorf("%d records were not acknowledged within %s", n, patience)
	}
	return err
}

// send gives a record to the library. ctx ends only the wait for the topic, and the wait for the
// answer with --sync.
func (p *producer) send(ctx context.Context, rec *kgo.Record) error {
	rec.Topic = p.set.String(p.topic)
	if err := p.block.Topic(ctx, rec.Topic); err != nil {
		if p.env.Native() || p.set.Has(p.sync) {
			return err // every further line would wait as long for the same
		}
		p.report(rec, err)
		return nil
	}
	if p.set.Has(p.sync) {
		if err := p.cl.ProduceSync(ctx, rec); err != nil {
			return client.Refused(ctx, p.cl.Client, rec, err)
		}
		return nil
	}
	p.cl.Produce(p.env.Ctx(), rec, p.sent)
	return nil
}

func (p *producer) sent(r *kgo.Record, err error) {
	if err != nil {
		// The library waits for this callback, so the broker is asked for its text elsewhere.
		p.refusals.Add(1)
		p.later(func() {
			defer p.refusals.Done()
			p.report(r, client.Refused(p.env.Ctx(), p.cl.Client, r, err))
		})
	}
}

// report prints the error of a record.
func (p *producer) report(r *kgo.Record, err error) {
	if err != nil {
		p.failed.Store(true)
		p.env.Warn("ERROR Error when sending message to topic %s with key: %s, value: %s with error: %v", r.Topic, size(r.Key), size(r.Value), err)
	}
}

func size(b []byte) string {
	if b == nil {
		return "null"
	}
	return fmt.Sprintf("%d bytes", len(b))
}

// prompt is a > on a terminal.
func (p *producer) prompt() func() {
	if !terminal(p.env.Stdin) || !terminal(p.env.Stdout) {
		return func() {}
	}
	return func() { p.env.Print(">") }
}

func terminal(f any) bool {
	file, ok := f.(*os.File)
	if !ok {
		return false
	}
	st, err := file.Stat()
	return err == nil && st.Mode()&os.ModeCharDevice != 0 && file.Name() != os.DevNull
}
