// Package perf is kafka-producer-perf-test and kafka-consumer-perf-test.
package perf

import (
	"context"
	crand "crypto/rand"
	"errors"
	"fmt"
	"math/rand/v2"
	"strconv"
	"sync"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/gregorhq/gregor/internal/cli/client"
	"github.com/gregorhq/gregor/internal/cli/opt"
	"github.com/gregorhq/gregor/internal/cli/tool"
)

func runProducer(e *tool.Env) int {
	o, err := parseProducer(e)
	if err != nil {
		code := e.Refuse(err)
		// argparse4j's -h ends with 1, an empty command line with 0.
		if help := new(opt.HelpAsked); errors.As(err, &help) && !e.Native() {
			return map[bool]int{true: 0, false: 1}[len(e.Args) == 0]
		}
		return code
	}
	p := &producerTest{producerOptions: o, env: e, numbers: newNumbers(), texts: map[refusal]error{}}
	if err := p.run(); err != nil {
		return e.Fail(err)
	}
	if p.failed > 0 && e.Native() {
		return 1
	}
	return 0
}

func randomID() string {
	var b [16]byte
	_, _ = crand.Read(b[:]) // never fails (crypto/rand)
	return fmt.Sprintf("%x", b)
}

// producerTest is one run.
type producerTest struct {
	*producerOptions
	env     *tool.Env
	cl      *client.Sender
	block   *client.Blocking
	numbers *numbers

	mu sync.Mutex
	// all counts from the start, steady from the end of the warm-up; nil before that.
	all, steady *stats
	// failed are all records without an answer that is good, cut those of them that an interruption
	// left without any.
	failed, cut int64

	// refusals counts failed records that are not reported yet. texts are the broker's texts.
	refusals sync.WaitGroup
	textsMu  sync.Mutex
	texts    map[refusal]error
}

func (p *producerTest) run() error {
	p.conn.Extra = append(p.conn.Extra, kgo.WithHooks(p.numbers))
	var err error
	if p.cl, err = client.NewSender(p.env, p.conn); err != nil {
		return err
	}
	defer p.cl.Close()
	ctx, cancel := p.env.Interruptible()
	defer cancel()
	p.block = client.NewBlocking(p.cl.Client, p.conn.Props)
	if err := p.block.Transactions(ctx, p.conn.Props); err != nil {
		return err
	}
	total, warmup := p.number(p.records, 0), p.number(p.warmup, 0)
	p.all = newStats(p.env.Stdout, total, p.every, false, time.Now())
	if warmup > 0 {
		p.env.Print("Warmup first %d records. Steady state results will print after the complete test summary.\n", warmup)
	}
	if err := p.sendAll(ctx, total, warmup); err != nil {
		return err
	}
	if err := p.cl.Flush(ctx); err != nil && ctx.Err() == nil {
		return err
	}
	if ctx.Err() != nil {
		p.cl.Close() // no answer comes between the lines below
	}
	p.refusals.Wait()
	p.mu.Lock()
	defer p.mu.Unlock()
	now := time.Now()
	if p.cut > 0 {
		p.env.Warn("Interrupted: %d records were not acknowledged.", p.cut)
	}
	p.all.printTotal(now)
	if p.steady != nil {
		p.steady.printTotal(now)
	}
	if p.args.Has(p.metrics) {
		p.numbers.print(p.env.Stdout, "producer", p.cl.Client.Client)
	}
	return nil
}

// sendAll writes the records at the wished rate.
func (p *producerTest) sendAll(ctx context.Context, total, warmup int64) error {
	next := p.payload()
	rate, _ := strconv.ParseFloat(p.args.String(p.throughput), 64) // checked by Parse
	if !p.args.Has(p.throughput) {
		rate = -1
	}
	begin, txnBegin := time.Now(), time.Time{}
	for i := range total {
		if i == warmup && warmup > 0 {
			p.mu.Lock()
			p.steady, p.all.quiet = newStats(p.env.Stdout, total-warmup, p.every, true, time.Now()), true
			p.mu.Unlock()
		}
		if p.txnEvery > 0 && txnBegin.IsZero() {
			if err := p.cl.BeginTransaction(); err != nil {
				return err
			}
			txnBegin = time.Now()
		}
		if err := p.send(ctx, next(i)); err != nil {
			return err
		}
		if p.txnEvery > 0 && time.Since(txnBegin) >= p.txnEvery {
			if err := p.commit(ctx); err != nil {
				return err
			}
			txnBegin = time.Time{}
		}
		if !throttle(ctx, begin, i+1, rate) {
			break
		}
	}
	if !txnBegin.IsZero() {
		return p.commit(ctx)
	}
	return nil
}

func (p *producerTest) commit(ctx context.Context) error {
	if err := p.cl.Flush(ctx); err != nil {
		return err
	}
	return p.cl.EndTransaction(ctx, kgo.TryCommit)
}

// throttle waits until sent records are no more than the rate allows, and reports whether to go on.
// A negative rate does not wait, 0 waits for ever, as in Kafka's tool.
func throttle(ctx context.Context, begin time.Time, sent int64, rate float64) bool {
	if rate < 0 {
		return ctx.Err() == nil
	}
	var due <-chan time.Time
	if rate > 0 {
		wait := time.Duration(float64(sent)/rate*float64(time.Second)) - time.Since(begin)
		if wait < time.Millisecond {
			return ctx.Err() == nil
		}
		due = time.After(wait)
	}
	select {
	case <-due:
		return true
	case <-ctx.Done():
		return false
	}
}

// payload makes the i-th value.
func (p *producerTest) payload() func(i int64) []byte {
	switch {
	case p.args.Has(p.monotonic):
		return func(i int64) []byte { return strconv.AppendInt(nil, i, 10) }
	case len(p.payloads) > 0:
		return func(int64) []byte { return p.payloads[rand.IntN(len(p.payloads))] }
	}
	size := p.number(p.size, 0)
	rng := rand.New(rand.NewPCG(0, 0))
	return func(int64) []byte {
		b := make([]byte, size)
		for i := 0; i < len(b); {
			// A draw of 64 bits is good for ten letters.
			for x, n := rng.Uint64(), 0; n < 10 && i < len(b); n, i = n+1, i+1 {
				b[i] = 'A' + byte(x%26)
				x /= 26
			}
		}
		return b
	}
}

// send gives a record to the library. The error ends the test: no broker answers.
func (p *producerTest) send(ctx context.Context, value []byte) error {
	sent := time.Now()
	p.mu.Lock()
	steady := p.steady
	p.mu.Unlock()
	topic := p.args.String(p.topic)
	if err := p.block.Topic(ctx, topic); err != nil {
		if p.env.Native() && ctx.Err() == nil {
			return err
		}
		p.lost(err)
		return nil
	}
	p.cl.Produce(ctx, &kgo.Record{Topic: topic, Value: value}, func(r *kgo.Record, err error) {
		if err != nil {
			// The library waits for this callback, so the broker is asked for its text elsewhere.
			p.refusals.Add(1)
			p.later(func() {
				defer p.refusals.Done()
				p.lost(p.text(r, err))
			})
			return
		}
		now := time.Now()
		p.mu.Lock()
		defer p.mu.Unlock()
		p.all.record(len(value), now.Sub(sent), now)
		if steady != nil {
			steady.record(len(value), now.Sub(sent), now)
		}
	})
	return nil
}

// refusal names an error of the records of a partition.
type refusal struct {
	partition int32
	code      int16
}

// text words the error of a record as the broker does. It asks once for each partition and error,
// because the records of a test are alike.
func (p *producerTest) text(r *kgo.Record, err error) error {
	var code *kerr.Error
	if !errors.As(err, &code) {
		return err
	}
	p.textsMu.Lock()
	defer p.textsMu.Unlock()
	key := refusal{r.Partition, code.Code}
	if p.texts[key] == nil {
		if p.texts[key] = client.Refused(p.env.Ctx(), p.cl.Client, r, err); p.texts[key] == nil {
			p.texts[key] = client.Err(code.Code, nil) // the broker took it this time
		}
	}
	return p.texts[key]
}

// lost counts a record that failed and prints why. Records that an interruption cut are counted
// apart and reported once.
func (p *producerTest) lost(err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.failed++
	p.numbers.errors.Add(1)
	if errors.Is(err, context.Canceled) || errors.Is(err, kgo.ErrClientClosed) {
		p.cut++
		return
	}
	p.env.Warn("%s", p.env.Message(err))
}
