package perf

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/gregorhq/gregor/internal/cli/client"
	"github.com/gregorhq/gregor/internal/cli/tool"
)

func runConsumer(e *tool.Env) int {
	o, err := parseConsumer(e)
	if err != nil {
		return e.Refuse(err)
	}
	t := &consumerTest{consumerOptions: o, env: e, numbers: newNumbers()}
	if err := t.run(); err != nil {
		if !e.Native() {
			e.Warn("%v", err) // without the class of the exception, as Kafka's tool
			return 1
		}
		return e.Fail(err)
	}
	if t.short && e.Native() {
		return 1
	}
	return 0
}

// consumerTest is one run.
type consumerTest struct {
	*consumerOptions
	env     *tool.Env
	numbers *numbers
	cl      *client.Consumer
	short   bool // fewer records came than were wanted

	joins          joins
	start          time.Time
	records, bytes int64
}

// joins measures how long the consumer waits for its partitions. The client's callbacks use it.
type joins struct {
	mu sync.Mutex
	// since is the begin of the wait.
	since         time.Time
	total, period time.Duration
}

// begin is the begin of the first wait.
func (j *joins) begin(at time.Time) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.since = at
}

func (j *joins) assigned(context.Context, *kgo.Client, map[string][]int32) {
	j.mu.Lock()
	defer j.mu.Unlock()
	d := time.Since(j.since)
	j.total += d
	j.period += d
}

func (j *joins) revoked(context.Context, *kgo.Client, map[string][]int32) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.since = time.Now()
}

// take returns the wait of all and of this period, in milliseconds, and begins another period.
func (j *joins) take() (total, period int64) {
	j.mu.Lock()
	defer j.mu.Unlock()
	total, period = j.total.Milliseconds(), j.period.Milliseconds()
	j.period = 0
	return total, period
}

func (t *consumerTest) run() error {
	opts := []kgo.Opt{kgo.WithHooks(t.numbers), kgo.OnPartitionsAssigned(t.joins.assigned), kgo.OnPartitionsRevoked(t.joins.revoked)}
	if t.set.Has(t.include) {
		if _, err := client.NewFilter(t.set.String(t.include)); err != nil {
			return err
		}
		opts = append(opts, kgo.ConsumeRegex(), kgo.ConsumeTopics("^(?:"+t.set.String(t.include)+")$"))
	} else {
		opts = append(opts, kgo.ConsumeTopics(t.set.String(t.topic)))
	}
	t.conn.Extra = opts
	var err error
	if t.cl, err = client.NewConsumer(t.env, t.conn, t.conn.Props["group.id"]); err != nil {
		return err
	}
	ctx, cancel := t.env.Interruptible()
	defer cancel()
	t.start = time.Now()
	t.joins.begin(t.start)
	fatal := t.consume(ctx)
	end := time.Now()
	// The records that were read are committed. A failure of this commit does not change the
	// measurement.
	_ = t.cl.Leave(ctx)
	if fatal != nil {
		return fatal
	}
	if !t.set.Has(t.detailed) {
		t.total(end)
	}
	if t.set.Has(t.metrics) {
		t.numbers.print(t.env.Stdout, "consumer", t.cl.Client)
	}
	return nil
}

// pollTime bounds the wait of one poll.
const pollTime = 100 * time.Millisecond

func (t *consumerTest) consume(ctx context.Context) error {
	last := progress{at: t.start}
	lastRecord := t.start
	interval := time.Duration(t.set.Int64(t.interval)) * time.Millisecond
	for t.records < t.wanted() && time.Since(lastRecord) <= t.patience() && ctx.Err() == nil {
		fetches := t.cl.PollFor(ctx, pollTime, t.atOnce())
		now := time.Now()
		fatal := t.cl.Fatal(ctx, fetches)
		records := fetches.Records()
		if len(records) > 0 {
			lastRecord = now
		}
		for _, r := range records {
			t.records++
			t.bytes += int64(len(r.Key) + len(r.Value))
			if now.Sub(last.at) >= interval {
				if t.set.Has(t.detailed) {
					t.period(last, now)
				}
				last = progress{now, t.records, t.bytes}
			}
		}
		t.cl.MarkCommitRecords(records...)
		if fatal != nil {
			return fatal
		}
	}
	if t.records < t.wanted() && ctx.Err() == nil {
		t.short = true
		t.env.Print("WARNING: Exiting before consuming the expected number of records: timeout (%d ms) exceeded. You can use the --timeout option to increase the timeout.\n", t.patience().Milliseconds())
	}
	return nil
}

// progress is the end of the last line of --show-detailed-stats.
type progress struct {
	at             time.Time
	records, bytes int64
}

func (t *consumerTest) period(last progress, now time.Time) {
	_, joined := t.joins.take()
	elapsed := now.Sub(last.at).Milliseconds()
	fetching := elapsed - joined
	mb, records := float64(t.bytes-last.bytes)/mib, float64(t.records-last.records)
	var fetchMB, fetchRecords float64
	if fetching > 0 {
		fetchMB, fetchRecords = 1000*mb/float64(fetching), 1000*records/float64(fetching)
	}
	t.env.Print("%s, %d, %s, %s, %d, %s, %d, %d, %s, %s\n", t.format.format(now), 0, decimal(float64(t.bytes)/mib, 4),
		decimal(1000*mb/float64(elapsed), 4), t.records, decimal(1000*records/float64(elapsed), 4), joined, fetching,
		decimal(fetchMB, 4), decimal(fetchRecords, 4))
}

func (t *consumerTest) total(end time.Time) {
	joined, _ := t.joins.take()
	elapsed := end.Sub(t.start).Milliseconds()
	fetching := elapsed - joined
	mb := float64(t.bytes) / mib
	per := func(v float64, ms int64) string { return decimal(v/(float64(ms)/1000), 4) }
	fmt.Fprintf(t.env.Stdout, "%s, %s, %s, %s, %d, %s, %d, %d, %s, %s\n", t.format.format(t.start), t.format.format(end),
		decimal(mb, 4), per(mb, elapsed), t.records, per(float64(t.records), elapsed), joined, fetching,
		per(mb, fetching), per(float64(t.records), fetching))
}
