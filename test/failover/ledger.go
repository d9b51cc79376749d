package main

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
)

// ledger has the records that were acknowledged, and the times of the acknowledgements.
type ledger struct {
	mu    sync.Mutex
	acked map[string]bool
	times []time.Time
	sent  int
}

func newLedger() *ledger { return &ledger{acked: map[string]bool{}} }

// produce sends records at a rate until the returned function is called. That function waits for
// all answers.
func (l *ledger) produce(cl *kgo.Client, rate int) (stop func()) {
	done, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		tick := time.NewTicker(time.Second / time.Duration(rate))
		defer tick.Stop()
		for {
			select {
			case <-done:
				_ = cl.Flush(context.Background())
				return
			case <-tick.C:
			}
			l.sent++
			value := fmt.Sprint(l.sent)
			cl.Produce(context.Background(), kgo.StringRecord(value), func(_ *kgo.Record, err error) {
				if err != nil {
					return
				}
				l.mu.Lock()
				defer l.mu.Unlock()
				l.acked[value] = true
				l.times = append(l.times, time.Now())
			})
		}
	}()
	return func() { close(done); <-ended }
}

// longest is the longest time between two acknowledgements from a moment on.
func (l *ledger) longest(from time.Time) time.Duration {
	l.mu.Lock()
	defer l.mu.Unlock()
	last, most := from, time.Duration(0)
	for _, t := range l.times {
		if t.Before(from) {
			continue
		}
		most = max(most, t.Sub(last))
		last = t
	}
	most = max(most, time.Since(last))
	l.times = l.times[:0]
	return most
}

// check reads the topic: each acknowledged record must be there once.
func (l *ledger) check(seeds []string) error {
	cl, err := kgo.NewClient(kgo.SeedBrokers(seeds...), kgo.ConsumeTopics(topic), kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()))
	if err != nil {
		return err
	}
	defer cl.Close()
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	seen := map[string]int{}
	left := len(l.acked)
	for left > 0 && ctx.Err() == nil {
		cl.PollFetches(ctx).EachRecord(func(r *kgo.Record) {
			v := string(r.Value)
			seen[v]++
			if seen[v] == 1 && l.acked[v] {
				left--
			}
		})
	}
	doubled := 0
	for v, n := range seen {
		if n > 1 && l.acked[v] {
			doubled++
		}
	}
	fmt.Printf("%d records sent, %d acknowledged, %d lost, %d doubled\n", l.sent, len(l.acked), left, doubled)
	if left > 0 || doubled > 0 {
		return fmt.Errorf("%d acknowledged records are lost, %d are doubled", left, doubled)
	}
	return nil
}
